"""Connects questions with models, pictures, methods and the store; every face of the program speaks only to this."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from seewhy import catalog, images, loading, reports
from seewhy.classifiers.base import Classifier, Prediction
from seewhy.comparisons import Comparison
from seewhy.datasets.base import ImageSet
from seewhy.datasets.fetching import user_cache
from seewhy.datasets.named import datasets_opened_by
from seewhy.explainers import sweeping
from seewhy.explainers.base import Explainer
from seewhy.holes import Holes
from seewhy.inference.sharing import shared_passes
from seewhy.progress import Cancelled, Listener, reporting_to, track
from seewhy.reports.exhibits import Exhibit
from seewhy.results import Explanation
from seewhy.sweeps import Sweep
from seewhy.verdicts import figure
from seewhy.workbench import describing, hardening, kinds
from seewhy.workbench.addresses import Addresses, Picture
from seewhy.workbench.desks import Desk
from seewhy.workbench.findings import Result
from seewhy.workbench.kinds.base import Plan
from seewhy.workbench.kinds.explain import Explain
from seewhy.workbench.ledger import Ledger, Subscriber
from seewhy.workbench.made import MADE, made_by
from seewhy.workbench.once import Once
from seewhy.workbench.runs import Run
from seewhy.workbench.store import Results
from seewhy.workbench.tasks import Question, Task, complete_target
from seewhy.zoo.courses import COURSES
from seewhy.zoo.recipes import TrainingRecipe
from seewhy.zoo.training import checkpoint_of, train

RESULTS = 512 * 2**20  # bytes of finished runs kept on disk

T = TypeVar("T")
R = TypeVar("R", bound=Result)

log = logging.getLogger("seewhy")


class Workbench:
    """Answers tasks, now or in the background; the same task is the same run and is answered once.

    cache: folder for results and uploads; by default the user's cache.
    data: folder where data sets are looked for first.
    models: classifiers of your own by name, beside those that come with the package.
    paths: whether an address may name a file of this computer; never where strangers send addresses.
    additions: whether models may be added by address while it runs; loading some runs their code.
    queue: how many runs may wait or be under way at once.
    holes: folder of the kept holes; by default this person's.
    """

    def __init__(
        self,
        cache: Path | None = None,
        data: Path | None = None,
        models: Mapping[str, Classifier] | None = None,
        paths: bool = True,
        queue: int = 64,
        additions: bool = False,
        holes: Path | None = None,
    ) -> None:
        self.cache = cache or user_cache()
        self.paths = paths
        self.additions = additions
        self._added: dict[str, None] = {}
        self._own = dict(models or {})
        self._models = Once(self._load)
        self.holes = Holes(holes)
        self._addresses = Addresses(self.cache / "uploads", data, paths, self.holes)
        self._digests = Once(self._digest)
        self._results = Results(self.cache / "results", RESULTS)
        self._ledger = Ledger(queue)
        self._desks: dict[tuple[str, bool], Desk] = {}
        self._lock = Lock()
        self._seconds: dict[tuple[str, str], float] = {}

    # What there is

    def model_names(self) -> list[str]:
        """The models that can be asked for by name."""
        known = list(dict.fromkeys([*self._own, *catalog.models(), *self._added]))
        return [*known, *hardening.listed(self.cache, known)]

    def model_kinds(self) -> list[str]:
        """The kinds of addresses that models can have, as people write them."""
        return [f"{kind}:" for kind in loading.KINDS] + ["package.module:attribute"]

    def names_of_kind(self, kind: str) -> list[str]:
        """The names that addresses of `kind` can have; LookupError where its models are files."""
        return loading.names_of_kind(kind)

    def add_model(self, address: str) -> dict[str, Any]:
        """Load the model at `address` and list it from now on; gives its description.

        Raises: ValueError where this workbench takes no more models; what `seewhy.load` raises.
        """
        if address not in self.model_names():
            if not self.additions:
                raise ValueError(
                    "models are added only where the server was started with `seewhy serve --allow-import`"
                )
            loaded = self._models[address]
            log.info("added the model %s", loaded.name)
            self._added[address] = None
        return self.describe_model(address)

    def model(self, address: str) -> Classifier:
        """The model at `address`, loaded once; LookupError where there is none."""
        if not self.paths and address not in self.model_names():
            raise LookupError(catalog.no_such("model", address, self.model_names(), "`seewhy models`"))
        return self._models[address]

    def dataset(self, name: str) -> ImageSet:
        """The data set called `name`, opened once; LookupError where there is none."""
        return self._addresses.dataset(name)

    def digest_of(self, name: str) -> str:
        """A hash of the data set called `name`, images and labels; worked out once."""
        return self._digests[self.dataset(name).name]

    def image(self, address: str, model: str | None = None) -> Picture:
        """The picture at `address`; with `model`, in the shape that model takes.

        address: "mnist/test/8", "up:" + the hash of an upload, "ink:" + a drawing, "hole:" + an id, "run:" + a run and
        what it made (run:1f0c…/adversarial), or a path where paths are allowed.

        Raises: LookupError where there is nothing, ValueError for what is no picture.
        """
        picture = made_by(self.run, address) if address.startswith(MADE) else self._addresses.find(address)
        return picture if model is None else replace(picture, image=self._fitted(picture.image, model))

    def add_image(self, data: bytes) -> str:
        """Keep a picture, given as a file's bytes; gives its address."""
        return self._addresses.add(data)

    def describe_machine(self) -> dict[str, Any]:
        """Versions and threads as plain data."""
        return describing.machine_facts()

    def describe_model(self, address: str) -> dict[str, Any]:
        """A model as plain data."""
        return describing.model_facts(address, self.model(address))

    def describe_layers(self, address: str) -> list[dict[str, Any]]:
        """A model's layers as plain data, in forward order."""
        return describing.layer_facts(self.model(address))

    def describe_seen(self, address: str) -> dict[str, list[int]]:
        """How many rows and columns of the picture each layer's middle unit sees; empty where it is not known."""
        return describing.seen_facts(self.model(address))

    def describe_methods(self, model: str | None = None) -> list[dict[str, Any]]:
        """The methods as plain data; with `model`, also why each refuses it and how long it took last time."""
        described = [catalog.describe_method(method) for method in catalog.explainers().values()]
        if model is None:
            return described
        classifier = self.model(model)
        return [
            facts
            | {
                "refusal": catalog.explainer(facts["name"]).refusal(classifier),
                "seconds_estimate": self._seconds.get((model, facts["name"])),
            }
            for facts in described
        ]

    def describe_attacks(self, model: str | None = None) -> list[dict[str, Any]]:
        """The attacks as plain data; with `model`, also why each cannot work on it."""
        return describing.attack_facts(None if model is None else self.model(model))

    def describe_metrics(self, model: str | None = None) -> list[dict[str, Any]]:
        """The metrics as plain data; with `model`, also why each cannot judge its maps."""
        return describing.metric_facts(None if model is None else self.model(model))

    def describe_datasets(self) -> list[dict[str, Any]]:
        """The data sets as plain data."""
        return [describing.dataset_facts(self.dataset(name)) for name in catalog.datasets()]

    # Asking now

    def predict(self, model: str, pictures: Iterable[str | NDArray[np.float32]]) -> list[Prediction]:
        """What `model` believes about pictures, given by address or as pixels."""
        classifier = self.model(model)
        inputs = [classifier.prepare(self.image(one).image if isinstance(one, str) else one) for one in pictures]
        return classifier.predict_batch(torch.cat(inputs)) if inputs else []

    def predict_at(self, model: str, address: str, top: int = 3) -> list[dict[str, Any]]:
        """The `top` guesses for the picture at `address`, or for every picture where it is a folder, as plain data."""
        pictures = [self.image(address)] if address.startswith(MADE) else self._addresses.find_all(address)
        return [
            {
                "image": picture.address,
                "label": picture.label_name,
                "predictions": self.model(model).predict(picture.image).describe_top(top),
            }
            for picture in track(pictures, "predicting")
        ]

    def train(self, name: str, out: Path, settings: Mapping[str, Any], start: Path | None = None) -> dict[str, Any]:
        """Train the network called `name` on its data set and write the weights to `out`; gives the card.

        start: weights to begin with, in a file, instead of chance.

        Raises: LookupError for an unknown network, ValueError for settings that are not possible, OSError where
        nothing can be written, Cancelled.
        """
        if name not in COURSES:
            raise LookupError(catalog.no_such("network to train", name, COURSES, "`seewhy models`"))
        wished = COURSES[name].recipe.model_dump() | dict(settings)
        recipe = catalog.checked(TrainingRecipe, wished, f"training {name}", "`seewhy train --help`")
        if not out.resolve().parent.is_dir():
            raise FileNotFoundError(f"there is no folder {str(out.parent)!r} to save into; make it first")
        return train(name, out, recipe, self.dataset(COURSES[name].data.name), start)

    @staticmethod
    def checkpoint(out: Path) -> Path:
        """Where a training for `out` that was stopped has its last state."""
        return checkpoint_of(out)

    def perform(self, task: Task) -> Explanation:
        """The answer to `task`, from the store or computed here and now.

        Raises: LookupError for unknown names, ValueError for settings and targets that are not possible, TypeError
        where the model lacks what the method needs.
        """
        return self._found(Explain().plan(self, task))

    def ask(self, task: Question) -> Result:
        """The answer to a task of any kind, from the store or computed here and now; raises what `perform` raises."""
        return self._found(self.plan(task))

    def exhibit(self, task: Question) -> Exhibit:
        """The answer to a task as a report shows it; ValueError for a kind without pictures, and what `ask` raises."""
        plan = self.plan(task)
        found = kinds.kind_of(plan.task).exhibit(plan.task, self._found(plan))
        if found is None:
            raise ValueError(f"a report shows pictures, {task.kind!r} has none; name an attack, erasing or nonsense")
        return found

    def compare(
        self, model: str, image: str, methods: Sequence[tuple[str, Mapping[str, Any]]], targets: Sequence[Any]
    ) -> Comparison:
        """Every method, given as a name and settings, for every target; raises what `perform` raises, before work."""
        tasks = [
            [
                Task(model=model, image=image, method=name, settings=dict(settings), target=target)
                for name, settings in methods
            ]
            for target in targets
        ]
        plans = [[Explain().plan(self, task) for task in row] for row in tasks]
        with shared_passes():
            return Comparison(tuple(tuple(self._found(plan) for plan in row) for row in plans))

    def sweep(self, task: Task, baselines: str | Sequence[str] = "all", data: str | None = None) -> Sweep:
        """The answers to `task` with each of the baselines (see `seewhy.sweep`); raises what `perform` raises."""
        setting, recipes = sweeping.recipes(task.recipe, baselines, data)
        tasks = [task.model_copy(update={"settings": recipe.model_dump(mode="json")}) for recipe in recipes.values()]
        plans = [Explain().plan(self, one) for one in tasks]
        row = tuple(self._found(plan) for plan in track(plans, "sweeping"))
        return Sweep(setting, tuple(recipes), row)

    def save_comparison(self, found: Comparison, out: Path) -> None:
        """Write the sheet (.png), the facts (.json), or a report with every map (.html)."""
        if out.suffix.lower() != ".html":
            found.save(out)
            return
        first = found.rows[0][0]
        items = [reports.Item(one, found.in_words(row)) for row, ones in enumerate(found.rows) for one in ones]
        images.write_bytes(out, reports.to_html(f"Why “{first.target['text']}”? {first.place}", items).encode())

    def explain(
        self, model: str, image: NDArray[np.float32], recipe: Explainer, target: Any, listener: Listener | None = None
    ) -> Explanation:
        """Explain pixels that have no address, without keeping the answer."""
        with reporting_to(listener), self.reading():
            found = recipe(self.model(model), image, target)
        self.note_seconds(model, recipe.name, found.seconds)
        return replace(found, model=model)

    def trusted(self, model: str, found: Explanation) -> Explanation:
        """The same explanation with its trust figure in notes["trust"]."""
        return figure.trusted(self.model(model), found)

    def aside(self, model: str, work: Callable[[], T]) -> Future[T]:
        """Do `work` in the model's live thread, beside its runs: for whoever waits with the pen in the hand."""
        return self._desk(model).live.submit(work)

    # For the kinds of runs

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, pictures and data sets that settings name are found where this workbench finds them."""
        with images.addresses_read_by(lambda address: self.image(address).image), datasets_opened_by(self.dataset):
            yield

    def note_seconds(self, model: str, method: str, seconds: float) -> None:
        """Remember how long `method` took, for whoever asks what it will cost."""
        self._seconds[model, method] = seconds

    # Asking in the background

    def plan(self, task: Question) -> Plan[Result]:
        """Find everything that `task` names and refuse what cannot work, before anything is computed."""
        return kinds.kind_of(task).plan(self, task)

    def recipe(self, model: str, method: str, settings: Mapping[str, Any]) -> Explainer:
        """The method with its settings, sure to suit `model`; raises what `perform` raises."""
        classifier, recipe = self.model(model), catalog.recipe(method, settings)
        refusal = recipe.refusal(classifier)
        if refusal:
            raise TypeError(refusal)
        for name, field in type(recipe).model_fields.items():
            extra, layer = field.json_schema_extra, getattr(recipe, name)
            if isinstance(extra, dict) and extra.get("layer") and layer not in (None, *classifier.layers()):
                listing = f"`seewhy models {model}`"
                raise LookupError(catalog.no_such(f"layer of {model}", layer, classifier.layers(), listing))
        return recipe

    def target(self, model: str, wish: Any) -> dict[str, Any]:
        """What `wish` means for `model`, with indices; ValueError and LookupError for what it does not have."""
        return complete_target(wish, self.model(model).labels)

    def submit(self, task: Question) -> Run:
        """Answer `task` in the background; a task that is known already gives the run it has.

        Raises: what `perform` raises, and QueueFull.
        """
        plan = self.plan(task)
        desk = self._desk(task.model, kinds.kind_of(task).apart)
        run, new = self._ledger.open(plan.id, plan.task)
        stored = self._results.read(plan.id) if new else None
        if stored is not None:
            run.finish(stored)
        elif new:
            desk.runs.submit(self._work, plan, run)
        return run

    def run(self, id: str) -> Run:
        """The run called `id`, also one that ended in an earlier session; LookupError where there is none."""
        known = self._ledger.get(id)
        if known is not None:
            return known
        result = self._results.read(id)
        if result is None:
            raise LookupError(f"no run called {id[:40]!r}; only finished runs outlive a session: send the task again")
        run = Run(id, kinds.task_behind(result))
        run.finish(result)
        return run

    def runs(self) -> list[Run]:
        """The runs of this session, oldest first."""
        return self._ledger.all()

    def cancel(self, id: str) -> None:
        """Stop a run, queued or under way; LookupError where there is none."""
        self.run(id).cancel()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell `subscriber` (kind, facts) what happens to any run, from whichever thread; gives the way to stop.

        kind: "progress", "partial", "done" or "error"; facts: plain data with the run's id under "run".
        """
        return self._ledger.subscribe(subscriber)

    def close(self) -> None:
        """Cancel what is under way and let the threads go."""
        for run in self.runs():
            run.cancel()
        with self._lock:
            desks = list(self._desks.values())
            self._desks.clear()
        for desk in desks:
            desk.close()

    def _load(self, address: str) -> Classifier:
        if address.startswith(hardening.KIND):
            return hardening.load(self, address)
        return self._own[address] if address in self._own else loading.load(address)

    def _digest(self, name: str) -> str:
        return self.dataset(name).version()

    def _fitted(self, image: NDArray[np.float32], model: str) -> NDArray[np.float32]:
        return self.model(model).frame(image)

    def _desk(self, model: str, apart: bool = False) -> Desk:
        classifier = self.model(model)
        with self._lock:
            if (model, apart) not in self._desks:
                self._desks[model, apart] = Desk(classifier)
            return self._desks[model, apart]

    def _found(self, plan: Plan[R]) -> R:
        """The answer, from the store or computed here and now."""
        stored: Any = self._results.read(plan.id)  # the key names the kind too
        return self._answer(plan) if stored is None else stored

    def _answer(self, plan: Plan[R]) -> R:
        found = plan.answer(self)
        try:
            self._results.write(plan.id, found)
        except (OSError, ValueError) as error:
            log.warning("the result of run %s is not kept on disk: %s", plan.id, error)
        return found

    def _work(self, plan: Plan[Result], run: Run) -> None:
        if not run.start():
            return
        try:
            with reporting_to(run.listener):
                run.finish(self._answer(plan))
        except Cancelled:
            run.cancel()
        except (LookupError, ValueError, TypeError, OSError) as error:
            run.fail(error)
        except Exception as error:
            log.exception("run %s broke", plan.id)
            run.fail(error)
