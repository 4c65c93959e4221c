"""The commands that fool a model; each asks the workbench and prints what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from seewhy.cli_asking import asked, write_facts
from seewhy.cli_many import names_many, tell_survey
from seewhy.terminal import IMAGE, Data, Json, Model, Set, check_ending, list_recipes, say, settings_of, tell_recipe

Keep = Annotated[bool, typer.Option("--keep", help="Keep the picture as a hole; see `seewhy harden`.")]


def attacks(
    name: Annotated[str | None, typer.Argument(help="Tell more of this one.")] = None, as_json: Json = False
) -> None:
    """List the attacks, or the settings of one."""
    from seewhy import catalog

    if name is None:
        list_recipes("attack", [catalog.describe_attack(kind) for kind in catalog.attacks().values()], as_json)
    else:
        tell_recipe(catalog.describe_attack(catalog.attack(name)), as_json)


def attack(
    image: Annotated[str, typer.Argument(help=f"{IMAGE} A folder or a split is attacked picture by picture.")],
    model: Model = "mnist-cnn",
    method: Annotated[str, typer.Option(help="See `seewhy attacks`.")] = "fgsm",
    settings: Set = None,
    label: Annotated[str | None, typer.Option(help="The true class. Default: the picture's label.")] = None,
    target: Annotated[str | None, typer.Option(help="A class to reach. Default: any other.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to save: .png (picture), .npz (arrays) or .json (facts).")
    ] = None,
    keep: Keep = False,
    count: Annotated[int, typer.Option(help="For a folder or a split: how many, from the first.", min=1)] = 1000,
    sure: Annotated[float, typer.Option(help="Of these: from which probability on an answer is confident.")] = 0.5,
    epsilon: Annotated[float | None, typer.Option(help="The same as --set epsilon=…, in units of [0, 1].")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Change a picture as little as an attack can, so that the model says something else.

    For a folder of pictures or a split such as mnist/test: how many of the confident right answers turn wrong, and
    the list. True classes are the subfolders' names, or the files' own where they are classes.
    """
    from seewhy.attacks.results import Adversarial

    wished = settings_of(settings) | ({} if epsilon is None else {"epsilon": epsilon})
    if names_many(image):
        if label is not None or target is not None or keep:
            raise ValueError("--label, --target and --keep are for one picture; leave them out for a folder or a split")
        if out is not None:
            check_ending(out, (".json",))
        task = {"images": image, "method": method, "settings": wished, "count": count, "sure": sure}
        tell_survey(asked("survey", model, task, data).describe(), as_json, out)
        return
    if out is not None:
        check_ending(out)
    task = {"image": image, "method": method, "settings": wished, "label": label, "target": target}
    found = asked("attack", model, task, data)
    if out is not None:
        Adversarial.of(found.describe(), found.all_arrays()).save(out)
    _tell(found.describe(), as_json, out)
    _keep([found] if keep else [], as_json)


def least(
    image: Annotated[str, typer.Argument(help=IMAGE)],
    model: Model = "mnist-cnn",
    settings: Set = None,
    target: Annotated[str | None, typer.Option(help="The class to keep. Default: what the model sees.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to save what is left: .png or .json.")] = None,
    keep: Keep = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Erase all of a picture that the model does not need for its answer.

    Settings: confidence, pieces (pixels, strokes, superpixels, grid), count, background.
    """
    if out is not None:
        check_ending(out, (".png", ".json"))
    found = asked("erase", model, {"image": image, "settings": settings_of(settings), "target": target}, data)
    _save(found, "least", out)
    _tell(found.describe(), as_json, out)
    _keep([found] if keep else [], as_json)


def fool(
    target: Annotated[str, typer.Argument(help="The class that nonsense is to be taken for; all makes one for each.")],
    model: Model = "mnist-cnn",
    settings: Set = None,
    known: Annotated[
        str | None, typer.Option(help="A data set to compare it with; none to leave that out.")
    ] = "digits",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to save the picture: .png or .json.")] = None,
    keep: Keep = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a picture that means nothing and that the model is sure about.

    Settings: form (pixels, strokes, smooth, noise, guided), amount, confidence, effort, steps, seed.
    """
    from seewhy.workbench import Workbench

    if out is not None:
        check_ending(out, (".png", ".json"))
    task = {"settings": settings_of(settings), "data": None if known == "none" else known}
    if target != "all":
        found = asked("nonsense", model, task | {"target": target}, data)
        _save(found, "image", out)
        _tell(found.describe(), as_json, out)
        _keep([found] if keep else [], as_json)
        return
    if out is not None:
        raise ValueError("--out takes one picture; name one class instead of all")
    labels = Workbench(data=data).describe_model(model)["labels"]
    made = [asked("nonsense", model, task | {"target": label}, data) for label in range(len(labels))]
    facts = [one.describe() for one in made]
    say(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else "\n".join(one["sentence"] for one in facts))
    _keep([one for one in made if one.describe()["accepted"]] if keep else [], as_json)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the command line."""
    for command in (attacks, attack, least, fool):
        app.command()(command)


def _tell(facts: Mapping[str, Any], as_json: bool, out: Path | None) -> None:
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    say(facts["sentence"])
    for warning in facts.get("notes", {}).get("warnings", []):
        say(f"Warning: {warning}")
    if out is not None:
        say(f"Saved {out}")


def _keep(found: Sequence[Any], as_json: bool) -> None:
    """Keep what fooled the model; JSON on the terminal stays JSON."""
    from seewhy.holes import Holes
    from seewhy.workbench.holding import keep

    holes = Holes()
    for one in found:
        kept = keep(holes, one)
        if not as_json:
            say(f"Kept as {kept.address} in {holes.folder}")


def _save(found: Any, array: str, out: Path | None) -> None:
    from seewhy import images

    if out is None:
        return
    if out.suffix.lower() == ".json":
        write_facts(out, found.describe())
        return
    images.write_bytes(out, images.to_png(found.all_arrays()[array]))
