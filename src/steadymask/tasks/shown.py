"""What the terminal shows of each verb's result."""

from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from steadymask.report.evaluation_terminal import shown_evaluation
from steadymask.report.terminal import shown_scores
from steadymask.tasks.batch import Batch
from steadymask.tasks.demo import Demo
from steadymask.tasks.evaluate import Evaluated
from steadymask.tasks.score import Scored
from steadymask.tasks.segment_job import Segmented
from steadymask.tasks.stabilize_job import Stabilized
from steadymask.tasks.synthesize_scene import Synthesized
from steadymask.tasks.trained import Trained

_Clips = Batch[Segmented] | Batch[Stabilized] | Batch[Synthesized]
Result = Scored | Evaluated | Segmented | Stabilized | Synthesized | Trained | _Clips | Demo


def shown(result: Result) -> list[RenderableType]:
    """What to print of a result."""
    if isinstance(result, Scored | Evaluated):
        return _shown_numbers(result)
    if isinstance(result, Stabilized):
        return _shown_stabilized(result)
    if isinstance(result, Segmented):
        return _shown_segmented(result)
    if isinstance(result, Trained):
        return _shown_trained(result)
    if isinstance(result, Batch):
        return _shown_batch(result)
    return _shown_synthesized(result) if isinstance(result, Synthesized) else _shown_demo(result)


def _shown_numbers(result: Scored | Evaluated) -> list[RenderableType]:
    if isinstance(result, Scored):
        table, numbers = shown_scores(result.scores, result.warnings), result.scores_file
    else:
        table, numbers = shown_evaluation(result.content), result.out / "evaluation.json"
    return [*table, _at("report", result.report), _at("numbers", numbers)]


def _shown_stabilized(result: Stabilized) -> list[RenderableType]:
    cuts = f", cuts at {', '.join(map(str, result.cuts))}" if result.cuts else ""
    number = len(result.objects)
    objects = "1 object" if number == 1 else f"{number} objects"
    frames = "1 frame" if result.frames == 1 else f"{result.frames} frames"
    facts = f"{result.clip}: {frames}, {objects}{cuts} ({result.decision})"
    preview = [] if result.preview is None else [_at("before and after", result.preview)]
    warnings = [Text(f"Beware: {each}", style="yellow") for each in result.warnings]
    return [Text(facts), *warnings, _at("masks", result.out), *preview]


def _shown_segmented(result: Segmented) -> list[RenderableType]:
    frames = "1 frame" if result.frames == 1 else f"{result.frames} frames"
    classes = ", ".join(f"{id} {name}" for id, name in result.classes.items())
    facts = [] if result.parameters is None else [f"{result.parameters / 1e6:.2f} million parameters"]
    facts.append(f"on {result.device}")
    if result.frames_per_second is not None:
        facts.append(f"{result.frames_per_second:.1f} frames a second")
    return [
        Text(f"{result.clip}: {frames} by {result.model} ({', '.join(facts)})"),
        Text(f"classes: {classes}"),
        _at("masks", result.out),
    ]


def _shown_synthesized(result: Synthesized) -> list[RenderableType]:
    facts = f"{result.scene}: {result.sequences} sequences of {result.frames} frames ({result.decision})"
    return [Text(facts), _at("sequences", result.out)]


def _shown_trained(result: Trained) -> list[RenderableType]:
    facts = [f"{result.steps} steps", f"{result.parameters / 1e6:.2f} million parameters"]
    if result.seconds is not None:
        facts.append(f"{result.seconds / 60:.1f} minutes")
    found = ", ".join(f"{name} {value:.3f}" for name, value in result.found.items())
    looked = [Text(f"held out: {found}")] if found else []
    return [Text(f"{result.recipe}: {', '.join(facts)}"), *looked, _at("weights", result.weights)]


def _shown_batch(result: _Clips) -> list[RenderableType]:
    failed = [Text(f"{name}: failed: {message}", style="red") for name, message in result.failed.items()]
    done = [
        Text(f"{name}: {each.frames} frames, {each.out}", no_wrap=True) for name, each in result.done.items()
    ]
    warnings = [
        Text(f"Beware: {name}: {warning}", style="yellow")
        for name, each in result.done.items()
        if isinstance(each, Stabilized)
        for warning in each.warnings
    ]
    return [*done, *warnings, *failed, Text(f"{len(done)} of {len(done) + len(failed)} clips done")]


def _shown_demo(result: Demo) -> list[RenderableType]:
    story = (
        f"A drawn clip of {result.stabilized.frames} frames, masks that flicker as a network's do, "
        "and the same masks stabilized."
    )
    preview = [] if result.stabilized.preview is None else [_at("watch", result.stabilized.preview)]
    return [
        Text(story),
        *shown_scores(result.after.scores, result.after.warnings),
        *preview,
        _at("read", result.after.report),
        _at("all files", result.out),
    ]


def _at(what: str, path: Path) -> Text:
    """A place, in one piece so that it can be copied."""
    return Text(f"{what}: {path}", no_wrap=True)
