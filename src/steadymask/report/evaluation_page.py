"""`report.html` of an evaluation: sets of masks side by side, in one file that loads nothing."""

from pathlib import Path

from steadymask.io.unfinished import write_file
from steadymask.report.evaluation_breakdowns import breakdowns, note
from steadymask.report.evaluation_content import Content, clips_of, sets_of, truth_of, warnings_in
from steadymask.report.evaluation_tables import main_table, number_rows
from steadymask.report.evaluation_words import caution, findings, floor_note, rules
from steadymask.report.page import page
from steadymask.report.scatter import scatter


def write_evaluation_page(path: Path, content: Content) -> None:
    """Write the page under a temporary name, then rename it.

    Args:
        path: of the HTML file; replaced if it exists.
        content: of `evaluation.json`.

    Raises:
        VideoError: the file cannot be written.
    """
    write_file(path, render_evaluation(content).encode(errors="backslashreplace"))  # names that are no text


def render_evaluation(content: Content) -> str:
    """The page as text; the same content gives the same bytes."""
    settings = content["settings"]
    clips = clips_of(content)
    shown = {
        "dataset": content["dataset"],
        "protocol": content["protocol"],
        "rules": rules(content),
        "clips": len(clips),
        "frames": sum(clips.values()),
        "sets": sets_of(content),
        "has_truth": bool(truth_of(content)),
        "findings": findings(content),
        "caution": caution(content),
        "floor_note": floor_note(content),
        "videos": content.get("videos", 0),
        "warnings": warnings_in(content),
        "main": main_table(content),
        "scatter": scatter(content),
        "rows": number_rows(content),
        "breakdowns": breakdowns(content),
        "note": note,
    }
    return page(
        "evaluation.html.j2",
        shown,
        version=str(settings.get("versions", {}).get("steadymask", "")),
        settings=settings,
        styles=("page.css", "evaluation.css"),
        scripts=("tables.js", "evaluation.js"),
    )
