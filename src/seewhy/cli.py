"""The command line: every command asks the workbench and prints what it says. Imports torch inside commands only."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seewhy import (
    cli_doctor,
    cli_fooling,
    cli_hardening,
    cli_many,
    cli_ranking,
    cli_reports,
    cli_rules,
    cli_trust,
)
from seewhy.terminal import (
    IMAGE,
    Data,
    Json,
    Model,
    Set,
    Ticker,
    check_ending,
    list_recipes,
    method_of,
    say,
    settings_of,
    table,
    target_of,
    tell_recipe,
)

if TYPE_CHECKING:
    from seewhy.results import Explanation
    from seewhy.workbench import Workbench

app = typer.Typer(
    name="seewhy",
    help="Why did the classifier say that? Heat maps for any image classifier, on the command line and in a web app.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

IMAGES = "Pictures: files, folders of pictures, or addresses such as mnist/test/8 or digits/test/3."


@app.command()
def predict(
    image: Annotated[list[str], typer.Argument(help=IMAGES)],
    model: Model = "mnist-cnn",
    top: Annotated[int, typer.Option(help="How many classes to show.", min=1)] = 3,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what a model sees in pictures."""
    from seewhy.workbench import Workbench

    bench = Workbench(data=data)
    rows = [row for address in image for row in bench.predict_at(model, address, top)]
    if as_json:
        say(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        truth = f"  (labelled {row['label']})" if row["label"] else ""
        best = ", ".join(f"{guess['label']} {guess['score']:.1%}" for guess in row["predictions"])
        say(f"{row['image']}: {best}{truth}")
    known = [row for row in rows if row["label"]]
    if len(known) > 1:
        right = sum(row["label"] == row["predictions"][0]["label"] for row in known)
        say(f"{right} of {len(known)} labelled pictures right ({right / len(known):.1%})")


@app.command()
def explain(
    image: Annotated[str, typer.Argument(help=IMAGE)],
    model: Model = "mnist-cnn",
    method: Annotated[str, typer.Option(help="See `seewhy methods`.")] = "integrated-gradients",
    settings: Set = None,
    target: Annotated[str, typer.Option(help="The class to explain: an index, a label, or argmax.")] = "argmax",
    versus: Annotated[str | None, typer.Option(help="Explain the target rather than this class.")] = None,
    output: Annotated[str, typer.Option(help="Explain the logit or the probability.")] = "logit",
    trust: Annotated[bool, typer.Option("--trust/--no-trust", help="Say how far to believe the map.")] = True,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to save: .png (picture), .npz (arrays) or .json (facts).")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show which pixels of a picture speak for a class and which against it."""
    from seewhy.progress import reporting_to
    from seewhy.workbench import Task, Workbench

    if out is not None:
        check_ending(out)
    wish = {"class": target, "versus": versus, "output": output}
    task = Task(model=model, image=image, method=method, settings=settings_of(settings), target=wish, trust=trust)
    with reporting_to(Ticker()):
        found = Workbench(data=data).perform(task)
    if out is not None:
        found.save(out)
    say(json.dumps(found.describe(), indent=2, ensure_ascii=False) if as_json else _in_words(found))
    if out is not None and not as_json:
        say(f"Saved {out}")


@app.command()
def compare(
    image: Annotated[str, typer.Argument(help=IMAGE)],
    model: Model = "mnist-cnn",
    methods: Annotated[
        str, typer.Option(help="Methods, separated by commas; settings as NAME:SETTING=VALUE:….")
    ] = "integrated-gradients,occlusion,grad-cam",
    targets: Annotated[
        str, typer.Option(help="Classes, separated by commas; 5-6 asks why 5 rather than 6.")
    ] = "argmax",
    baselines: Annotated[
        str | None,
        typer.Option(help="For one method: a column for each baseline, such as black,white,blur, or all."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to save: .png (sheet), .html (report) or .json (facts).")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Put several explanations of a picture side by side: methods by classes, or one method by baselines."""
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench

    if baselines is not None:
        _sweep(data, model, image, (methods, targets, baselines), out, as_json)
        return

    if out is not None:
        check_ending(out, (".png", ".html", ".json"))
    recipes = [method_of(text) for text in methods.split(",")]
    bench = Workbench(data=data)
    with reporting_to(Ticker()):
        found = bench.compare(model, image, recipes, [target_of(text) for text in targets.split(",")])
    if out is not None:
        bench.save_comparison(found, out)
    if as_json:
        say(json.dumps(found.describe(), indent=2, ensure_ascii=False))
        return
    for row, explanations in enumerate(found.rows):
        say(f"Why {explanations[0].target['text']}?")
        for one in explanations:
            say(f"  {one.title}: {one.sentence}")
        say(f"  {found.in_words(row)}" if len(explanations) > 1 else "")
    if out is not None:
        say(f"Saved {out}")


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="The network to train.")] = "mnist-cnn",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Weights to write. Default: NAME.safetensors.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Times that every training image is shown.")] = None,
    batch: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    start: Annotated[
        Path | None, typer.Option(help="Weights to go on from, of the same network. Default: chance.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps. Default: a GPU where one is.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32 or bfloat16, of the passes.")] = None,
    data: Data = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Train a network, or train it on; a stopped training goes on from its last checkpoint.

    NAME is mnist-cnn, cifar-cnn, cifar-resnet50 or cifar-vgg19. Whatever is not said is as the network's own recipe
    has it; --set takes the rest: learning_rate, weight_decay, smoothing, optimiser, seed.
    """
    from seewhy.progress import reporting_to
    from seewhy.workbench import Workbench

    destination, bench = out or Path(f"{name}.safetensors"), Workbench(data=data)
    said = {"epochs": epochs, "batch": batch, "device": device, "precision": precision}
    wishes = {key: value for key, value in said.items() if value is not None} | settings_of(settings)
    try:
        with reporting_to(Ticker()):
            card = bench.train(name, destination, wishes, start)
    except KeyboardInterrupt:
        kept = bench.checkpoint(destination).is_file()
        words = "the same command goes on after the last whole epoch" if kept else "no epoch was over, nothing is kept"
        sys.stderr.write(f"\nseewhy: stopped; {words}\n")
        raise typer.Exit(130) from None
    words = f"{name}: test accuracy {card['accuracy']:.2%}. Saved {destination}"
    say(json.dumps(card, indent=2) if as_json else words)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; other than this computer's own needs --token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
    token: Annotated[str | None, typer.Option(help="Word that visitors from elsewhere must know.")] = None,
    allow_import: Annotated[
        bool,
        typer.Option("--allow-import", help="Let visitors add models by address: they may run code and read files."),
    ] = False,
    data: Data = None,
) -> None:
    """Open the web app: draw, explain, learn."""
    from seewhy.web.threads import prepare_threads

    prepare_threads()  # before torch is imported
    from seewhy.web.app import serve as run
    from seewhy.workbench import Workbench

    bench = Workbench(data=data, paths=False, additions=allow_import)
    run(bench, host, port, open_browser=not no_open, token=token, announce=say)


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Tell more of this one; torchvision: lists a kind.")] = None,
    measure: Annotated[
        str | None,
        typer.Option(help="Measure it on a data set, such as digits/test: accuracy and confusions."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the models, or tell all of one: its card, its preprocessing and its layers; or measure it."""
    from seewhy.workbench import Workbench

    bench = Workbench(data=data)
    if measure is not None:
        _measure(bench, name, measure, as_json)
        return
    if name is None:
        rows = [bench.describe_model(each) for each in bench.model_names()]
        shown = [(m["name"], "×".join(map(str, m["input"].values())), _accuracy(m), m["title"]) for m in rows]
        table(("model", "input", "accuracy", "what"), shown, rows if as_json else None)
        if not as_json:
            say(f"\nOthers by address, as docs/models.md says: {', '.join(bench.model_kinds())}")
        return
    if name.endswith(":"):
        known = bench.names_of_kind(name.removesuffix(":"))
        say(json.dumps(known, indent=2) if as_json else "\n".join(known))
        return
    seen = bench.describe_seen(name)
    layers = [layer | {"sees": seen.get(layer["name"])} for layer in bench.describe_layers(name)]
    facts = bench.describe_model(name) | {"layers": layers}
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    say(_card(facts))
    parts = [(str(layer["index"]), *_layer(layer)) for layer in layers]
    table(("#", "layer", "kind", "shape", "parameters", "sees"), parts)
    if parts:
        say("\n★ class activation maps look here; sees: rows × columns of the picture that the middle unit can see")


@app.command()
def methods(
    name: Annotated[str | None, typer.Argument(help="Tell more of this one.")] = None, as_json: Json = False
) -> None:
    """List the methods, or the settings of one."""
    from seewhy import catalog

    if name is None:
        rows = [catalog.describe_method(method) for method in catalog.explainers().values()]
        list_recipes("method", rows, as_json)
    else:
        tell_recipe(catalog.describe_method(catalog.explainer(name)), as_json)


@app.command()
def datasets(data: Data = None, as_json: Json = False) -> None:
    """List the data sets."""
    from seewhy.workbench import Workbench

    rows = Workbench(data=data).describe_datasets()
    shown = [
        (d["name"], ", ".join(d["splits"]), "here" if d["available"] else "downloaded when first used", d["about"])
        for d in rows
    ]
    table(("data set", "splits", "where", "what"), shown, rows if as_json else None)


PARTS = (
    cli_rules,
    cli_fooling,
    cli_hardening,
    cli_many,
    cli_reports,
    cli_trust,
    cli_ranking,
    cli_doctor,
)
for part in PARTS:
    part.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a mistake of the person's ends in one sentence and exit code 2."""
    try:
        app(args=None if arguments is None else list(arguments), standalone_mode=True)
    except (LookupError, ValueError, TypeError, OSError, ImportError) as error:
        if os.environ.get("SEEWHY_DEBUG"):
            raise
        sys.stderr.write(f"seewhy: {_sentence(error)}\n")
        sys.exit(2)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.errno:
        place = f": {error.filename}" if error.filename else ""
        return error.strerror + place
    return str(error)


def _sweep(
    data: Path | None, model: str, image: str, asked: tuple[str, str, str], out: Path | None, as_json: bool
) -> None:
    """One method, one target, and a column for each baseline."""
    from seewhy.progress import reporting_to
    from seewhy.workbench import Task, Workbench

    if out is not None:
        check_ending(out, (".png", ".json"))
    methods, targets, baselines = asked
    if "," in methods or "," in targets:
        raise ValueError(f"--baselines takes one method and one target, got {methods!r} and {targets!r}; choose one")
    name, settings = method_of(methods)
    task = Task(model=model, image=image, method=name, settings=settings, target=target_of(targets))
    with reporting_to(Ticker()):
        found = Workbench(data=data).sweep(task, baselines if baselines == "all" else baselines.split(","))
    if out is not None:
        found.save(out)
    if as_json:
        say(json.dumps(found.describe(), indent=2, ensure_ascii=False))
        return
    for choice, one in zip(found.choices, found.row, strict=True):
        say(f"{choice}: {one.sentence}")
    say(found.in_words())
    if out is not None:
        say(f"Saved {out}")


def _measure(bench: Workbench, name: str | None, place: str, as_json: bool) -> None:
    from seewhy.progress import reporting_to
    from seewhy.workbench import kinds

    if name is None:
        raise ValueError("--measure needs the model's name; for example: seewhy models mnist-cnn --measure digits/test")
    data, _, split = place.partition("/")
    task = kinds.task_from({"kind": "predictions", "model": name, "data": data, "split": split or "test"})
    with reporting_to(Ticker()):
        facts = bench.ask(task).describe()
    if as_json:
        say(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    if facts["accuracy"] is None:
        say(f"{facts['count']:,} images, whose classes {name} does not know")
        return
    error = facts["reliability"]["ece"]
    say(f"{facts['accuracy']:.2%} of {facts['labelled']:,} images right; calibration error (ECE) {error:.2%}\n")
    labels = bench.describe_model(name)["labels"]
    rows = [
        (labels[at], _percent(one["precision"]), _percent(one["recall"]), _percent(one["f1"]), str(one["support"]))
        for at, one in enumerate(facts["per_class"])
        if one["support"]
    ]
    table(("class", "precision", "recall", "F1", "images"), rows)
    worst = [f"{labels[x['label']]} → {labels[x['predicted']]} {x['count']}" for x in facts["confusions"][:8]]
    if worst:
        say("\nMost taken for another: " + ", ".join(worst))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _in_words(found: Explanation) -> str:
    facts = found.describe()
    belief = found.prediction
    lines = [
        f"{facts['model']} sees {belief.label} ({belief.probability:.1%})",
        facts["caption"],
        facts["sentence"],
        f"Values add up to {facts['sum']:+.4g}, the largest is {facts['max']:.4g} ({facts['seconds']:.2f} s)",
    ]
    if "gap" in found.notes:
        lines.append(f"Completeness gap {found.notes['gap']:+.2g} ({found.notes['relative_gap']:.2%})")
    if "trust" in found.notes:
        lines.append(found.notes["trust"]["sentence"])
    return "\n".join(lines + [f"Warning: {warning}" for warning in found.notes["warnings"]])


def _card(model: Mapping[str, Any]) -> str:
    """What a person wants to know of a model before its layers."""
    seen, labels = model["preprocessing"], model["labels"]
    part = "the whole picture" if seen["keep"] == 1 else f"the middle {seen['keep']:.1%} of the shorter side"
    mean, std = (_numbers(seen[key]) for key in ("mean", "std"))
    normalised = f", then (x − {mean}) / {std}" if mean and std else ""
    lines = [
        f"{model['name']}: {model['title']}",
        *([model["about"]] if model["about"] else []),
        f"Input:     {'×'.join(map(str, model['input'].values()))}, {part}, {seen['resampling']}{normalised}",
        f"Classes:   {len(labels)}: {', '.join(labels[:6])}{' …' if len(labels) > 6 else ''}",
        f"Abilities: {', '.join(model['abilities'])}",
        *([f"Accuracy:  {_accuracy(model)}"] if model["metrics"] else []),
    ]
    return "\n".join(lines) + "\n"


def _numbers(values: Sequence[float] | None) -> str:
    """One number where all are equal, else all of them in brackets."""
    shown = [f"{value:.4g}" for value in values or ()]
    return shown[0] if len(set(shown)) == 1 else f"({', '.join(shown)})" if shown else ""


def _layer(layer: Mapping[str, Any]) -> tuple[str, ...]:
    sees = "×".join(map(str, layer["sees"])) if layer["sees"] else ""
    name = layer["name"] + (" ★" if layer["default"] else "")
    return name, layer["kind"], "×".join(map(str, layer["shape"])), f"{layer['parameters']:,}", sees


def _accuracy(model: Mapping[str, Any]) -> str:
    accuracy = model["metrics"].get("accuracy")
    return "" if accuracy is None else f"{accuracy:.2%}"


if __name__ == "__main__":
    main()
