"""How to harden, as one frozen set of settings; knows no network."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from seewhy.attacks.robustness import RobustnessTest
from seewhy.attacks.rubbish_many import ManyRubbish
from seewhy.zoo.recipes import Precision

NEW = 1_000_003  # added to the seed for what is measured, so that nothing is measured that was trained on


class Hardening(BaseModel):
    """Go on training with clean images, rubbish that shall be nothing, and nudged images that stay what they are.

    Of rubbish, the highest log probability is pulled down until the model believes in no class more than in another, or
    until it is unsure enough (M. Hein et al., 2019, https://arxiv.org/abs/1812.05720). A pool of rubbish climbs on
    against the model while the model learns, so that what is shown is always what the present weights fall for. Nudges
    are taught by adversarial training (one step from a random start: E. Wong et al., 2020,
    https://arxiv.org/abs/2001.03994).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(8, ge=1, le=1_000, description="rounds; after each, a checkpoint is written")
    steps: int = Field(375, ge=1, le=100_000, description="steps of a round")
    batch: int = Field(192, ge=2, le=10_000, description="clean images a step")
    rubbish: int = Field(64, ge=0, le=10_000, description="pieces of rubbish a step, in all forms alike")
    nudged: int = Field(16, ge=0, le=10_000, description="nudged images a step")
    kept: int = Field(8, ge=0, le=10_000, description="kept holes a step, where there are any")
    learning_rate: float | None = Field(
        None,
        gt=0,
        le=10,
        description="highest step size of the one-cycle schedule; by default that of the network's own training where "
        "this is known and was by AdamW, else 0.001",
    )
    weight_decay: float = Field(1e-3, ge=0, le=1, description="how strongly weights are pulled to zero")
    weight: float = Field(2.5, ge=0, le=100, description="of rubbish against clean images")
    enough: float = Field(
        0.55,
        ge=0,
        lt=1,
        description="how sure of rubbish the model may stay; 0 teaches it to believe in no class more than in another",
    )
    pixels: int = Field(12, ge=1, le=1000, description="how many pixels rubbish may light")
    strokes: int = Field(3, ge=1, le=100, description="how many strokes rubbish may have")
    climb: int = Field(2, ge=1, le=1000, description="steps that rubbish climbs each time it is shown")
    pace: float = Field(0.05, gt=0, le=1, description="share of the whole way that such a step may go")
    renew: float = Field(0.05, ge=0, le=1, description="share of the rubbish that is thrown anew each time")
    epsilon: float | None = Field(
        None, ge=0, le=1, description="of the nudges, in units of [0, 1]; by default 0.1 for grey and 2/255 for colour"
    )
    precision: Precision = Field(
        "auto", description="of the training passes; auto takes bfloat16 where the hardware multiplies it"
    )
    average: float = Field(0.995, ge=0, lt=1, description="of the weights, how much is kept at each step")
    confidence: float = Field(
        0.9, gt=0, lt=1, description="how sure the model must be for rubbish to count as accepted"
    )
    each: int = Field(4, ge=1, le=1000, description="pieces of new rubbish for each class and form, when measuring")
    climbing: int = Field(60, ge=1, le=2000, description="steps of each piece's climb, when measuring")
    tested: int = Field(10_000, ge=1, description="unseen images that the clean accuracy is measured on, at most")
    attacked: int = Field(200, ge=0, le=100_000, description="of these, how many are attacked for the robustness curve")
    seed: int = Field(0, ge=0, lt=2**31, description="of everything random")

    def nudge(self, channels: int) -> float:
        """The epsilon for pictures of so many channels."""
        usual = 0.1 if channels == 1 else 2 / 255
        return usual if self.epsilon is None else self.epsilon

    @property
    def new_rubbish(self) -> ManyRubbish:
        """What is made before and after, from another seed than what is trained on."""
        return ManyRubbish(
            each=self.each, pixels=self.pixels, strokes=self.strokes, steps=self.climbing, confidence=self.confidence,
            seed=(self.seed + NEW) % 2**32,
        )  # fmt: skip

    def robustness(self, channels: int) -> RobustnessTest:
        """The curve: half of what was trained against, as much, and twice as much."""
        epsilon = self.nudge(channels)
        return RobustnessTest(
            epsilons=(epsilon / 2, epsilon, 2 * epsilon), images=max(1, self.attacked), seed=self.seed
        )
