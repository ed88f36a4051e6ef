"""docs/train.md: its table of recipes is that of the docstrings, and the recipe it shows can be trained."""

import re
import runpy
from pathlib import Path

from small_data_sets import box
from small_training_data import frame_folder, image_folder
from steadymask import train
from steadymask.recipes.by_name import RECIPES

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = DOCS / "train.md"


def test_the_table_of_recipes_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert runpy.run_path(str(DOCS / "recipe_table.py"))["page"](text) == text, (
        "run: python docs/recipe_table.py"
    )
    assert re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE) == [*RECIPES]


def test_commands_of_the_page_name_recipes_that_exist() -> None:
    named = re.findall(r"steadymask train ([a-z]\S+)", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 4
    assert {name for name in named if name not in RECIPES} == {"pond.py:pond"}


def test_the_recipe_of_the_page_can_be_trained(tmp_path: Path) -> None:
    [program] = re.findall(r'```python\n("""pond.py""".*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for big, small in (("SIDE = 256", "SIDE = 32"), ("labeled=8, pairs=4", "labeled=2, pairs=2")):
        assert big in program
        program = program.replace(big, small)
    file = tmp_path / "pond.py"
    file.write_text(program, encoding="utf-8")
    data = image_folder(tmp_path / "pond", {"a": box((1, 2, 6, 2, 7)), "b": box((1, 1, 4, 3, 9))})
    frame_folder(data / "videos" / "walk", 3)
    done = train(f"{file}:pond", data=data, out=tmp_path / "out", steps=1, device="cpu")
    again = train(f"{file}:pond", data=data, out=tmp_path / "again", steps=1, device="cpu")
    assert again.weights.read_bytes() == done.weights.read_bytes()  # what is new begins with the seed
    assert done.steps == 1 and done.weights.is_file()
    columns = (tmp_path / "out" / "coherent" / "log.csv").read_text().splitlines()[0].split(",")
    heads = [f"loss_booster_{each}" for each in range(4)]
    assert columns[2:] == ["loss_supervised", *heads, "loss_coherent"]
