"""A recipe of the user's own: a function in a file, FILE.py:FUNCTION."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb

from steadymask.errors import InputError, SteadymaskError
from steadymask.io.place import full
from steadymask.recipes.given import Given
from steadymask.training.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class RecipeFile:
    """A function that makes a recipe, in a file that is run as a script is: its neighbors can be imported.

    Args:
        file: with the function.
        function: its name.
    """

    file: Path
    function: str

    def __call__(self, given: Given) -> Recipe:
        """Run both.

        Raises:
            InputError: no such file or function, an error in it, or something else than a recipe comes out.
        """
        if not self.file.is_file():
            raise InputError(f"{self.file}: wanted a file with a recipe, got no such file")
        with _beside(self.file), self._said():
            made = self._loaded()(given)
        if not isinstance(made, Recipe):
            raise InputError(
                f"{self.file}: {self.function}: wanted a Recipe to come out, got {type(made).__name__}"
            )
        return made

    def _loaded(self) -> Callable[[Given], object]:
        name = f"steadymask_recipe_{self.file.stem}"  # no other module is called so
        spec = spec_from_file_location(name, self.file)
        if spec is None or spec.loader is None:
            raise InputError(f"{self.file}: wanted a file with a recipe, got one that Python cannot run")
        module = sys.modules[name] = module_from_spec(spec)  # dataclasses look their module up there
        spec.loader.exec_module(module)
        found = vars(module).get(self.function)
        if not callable(found):
            raise InputError(f"{self.file}: wanted a function {self.function}, got none")
        function: Callable[[Given], object] = found
        return function

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn an error of the file into one line that says where it is."""
        try:
            yield
        except (SteadymaskError, OSError):  # one line already
            raise
        except Exception as error:  # a stranger's code raises anything
            text = str(error).splitlines()[0] if str(error) else ""
            raise InputError(
                f"{self.file}{self._line(error)}: wanted a recipe, got {type(error).__name__}: {text}"
            ) from error

    def _line(self, error: Exception) -> str:
        if isinstance(error, SyntaxError):
            return f":{error.lineno}"
        lines = [
            each.lineno for each in extract_tb(error.__traceback__) if each.filename == str(full(self.file))
        ]
        return f":{lines[-1]}" if lines else ""


@contextmanager
def _beside(file: Path) -> Iterator[None]:
    """While it is open, modules beside a file can be imported."""
    folder = str(full(file).parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
