"""LayerCAM: each place of each map weighed by its own gradient, so that early layers give fine maps."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn import functional as F

from seewhy.explainers.cams import Cam, Reading


class LayerCam(Cam):
    """Multiply each place of each map by how much the target grows with it, and add the maps.

    Grad-CAM has one weight for a whole map, which is only right near the end of a model. With a weight for each place
    earlier and finer layers can be asked as well.
    """

    name: ClassVar[str] = "layer-cam"
    title: ClassVar[str] = "LayerCAM"
    formula: ClassVar[str] = (
        "<math display='block'><msub><mi>L</mi><mrow><mi>i</mi><mi>j</mi></mrow></msub><mo>=</mo>"
        "<mi>ReLU</mi><mo>(</mo><munder><mo>∑</mo><mi>k</mi></munder><mi>ReLU</mi><mo>(</mo>"
        "<mfrac><mrow><mo>∂</mo><mi>y</mi></mrow>"
        "<mrow><mo>∂</mo><msubsup><mi>A</mi><mrow><mi>i</mi><mi>j</mi></mrow><mi>k</mi></msubsup></mrow></mfrac>"
        "<mo>)</mo><msubsup><mi>A</mi><mrow><mi>i</mi><mi>j</mi></mrow><mi>k</mi></msubsup><mo>)</mo></math>"
    )
    limits: ClassVar[tuple[str, ...]] = (
        "Places where the score falls as the map grows are dropped, so the map is never negative.",
        "An early layer is fine but knows little of classes: its maps look much alike for every target.",
        "The authors scale early layers with tanh and join several; here each layer is shown alone, as it is.",
    )
    source: ClassVar[str] = "Jiang et al.: LayerCAM, IEEE Transactions on Image Processing 2021"
    link: ClassVar[str] = "https://doi.org/10.1109/TIP.2021.3089943"

    def combine(self, seen: Reading) -> tuple[Tensor, dict[str, Tensor]]:
        """No more than the map."""
        return F.relu((F.relu(seen.gradients) * seen.maps).sum(1)), {}
