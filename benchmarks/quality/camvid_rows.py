"""The rows of `temporal_distillation`: `steadymask train benchmarks/quality/camvid_rows.py:NAME`."""

from functools import partial

from steadymask.recipes.espnetv2_camvid import espnetv2_camvid as student
from steadymask.recipes.espnetv2_camvid import espnetv2_camvid_teacher as teacher

baseline = partial(student, parts=())
PF = partial(student, parts=("PF",))
MF = partial(student, parts=("MF",))
TL = partial(student, parts=("TL",))
PF_MF = partial(student, parts=("PF", "MF"))
PF_MF_TL = partial(student, parts=("PF", "MF", "TL"))
SF = partial(student, parts=("SF",))
SF_TL = partial(student, parts=("SF", "TL"))
SF_PF_MF_TL = partial(student, parts=("SF", "PF", "MF", "TL"))
PL = partial(student, parts=("PL",))
TL_PL = partial(student, parts=("TL", "PL"))
full = student
TL_next = partial(student, parts=("TL",), random_sampling=False)
PF_MF_next = partial(student, parts=("PF", "MF"), random_sampling=False)
full_next = partial(student, random_sampling=False)
teacher_alone = partial(teacher, temporal=False)
few = partial(student, parts=(), labels=37)
few_pl = partial(student, parts=("PL",), labels=37)
few_teacher = partial(teacher, temporal=False, labels=37)
