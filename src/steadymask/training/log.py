"""The course of training: a CSV that spreadsheets open, and the events of TensorBoard."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard.writer import SummaryWriter

from steadymask.io.unfinished import write_file


class Log:
    """Numbers by step, in `log.csv` and for TensorBoard in the same folder.

    Args:
        folder: is made if it is missing.
        begun_at: the first step that is still to be done; what an interrupted run had noted of later ones,
            after its last checkpoint, is taken out.
    """

    def __init__(self, folder: Path, *, begun_at: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "log.csv"
        self._rows = [row for row in _read(self._path) if int(row["step"]) < begun_at]
        self._writer = SummaryWriter(str(folder), purge_step=begun_at)

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Note what was found at a step; several notes of one step make one row."""
        if not self._rows or self._rows[-1]["step"] != str(step):
            self._rows.append({"step": str(step)})
        for name, value in values.items():
            self._rows[-1][name] = f"{value:.9g}"
            self._writer.add_scalar(name, value, step)

    def write(self) -> None:
        """Bring the files up to date."""
        columns = dict.fromkeys(name for row in self._rows for name in row)
        text = io.StringIO()
        writer = csv.DictWriter(text, [*columns], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        write_file(self._path, text.getvalue().encode())
        self._writer.flush()

    def close(self) -> None:
        """Bring the files up to date for the last time."""
        self.write()
        self._writer.close()


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
