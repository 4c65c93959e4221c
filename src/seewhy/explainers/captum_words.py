"""What is said about Captum's methods: titles, formulas, limits and sources; knows no Captum."""

from __future__ import annotations

from typing import NamedTuple

LAYER = "The map is as coarse as the layer; its smooth look comes from enlarging it."
BASELINE = "The baseline is part of the question; white instead of black can turn a map around."
ESTIMATE = "The map is an estimate; another seed moves it, and Captum does not say how far."
SEGMENTS = "The segments are part of the question: another segmentation gives another explanation."
MODULES = "Activations must be layers of the network; additions and products count as the plain gradient sees them."


class Words(NamedTuple):
    """A method in words; formula: the inside of a MathML element."""

    title: str
    about: str
    formula: str
    limits: tuple[str, ...]
    source: str
    link: str


def _i(*names: str) -> str:
    return "".join(f"<mi>{name}</mi>" for name in names)


def _o(sign: str) -> str:
    return f"<mo>{sign}</mo>"


def _sub(base: str, index: str) -> str:
    return f"<msub>{_i(base)}{_i(index)}</msub>"


def _of(name: str, inside: str) -> str:
    return f"{_i(name)}{_o('(')}{inside}{_o(')')}"


def _over(above: str, below: str) -> str:
    return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"


_X, _B = _sub("x", "i"), "<msubsup><mi>x</mi><mi>i</mi><mo>′</mo></msubsup>"
_CHANGE = f"{_o('(')}{_X}{_o('−')}{_B}{_o(')')}"
_SLOPE = _over(f"{_o('∂')}{_i('F')}", f"{_o('∂')}{_X}")
_LAYER_SLOPE = _over(f"{_o('∂')}{_i('F')}", f"{_o('∂')}{_sub('A', 'k')}")
_INTEGRAL = "<msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup>"
_MEAN = f"<munder>{_i('E')}<mrow><msup>{_i('x')}<mo>′</mo></msup>{_o('∼')}{_i('D')}</mrow></munder>"
_LIFT = f"{_CHANGE}{_o('·')}{_sub('m', 'i')}{_o(',')}<mspace width='1em'></mspace>{_sub('m', 'i')}{_o('=')}" + _over(
    f"{_i('Δ')}{_i('y')}", f"{_i('Δ')}{_X}"
)
_LRP = (
    f"{_sub('R', 'i')}{_o('=')}<munder>{_o('∑')}{_i('j')}</munder>"
    + _over(
        f"{_sub('a', 'i')}<msub>{_i('w')}<mrow>{_i('i', 'j')}</mrow></msub>",
        f"<munder>{_o('∑')}{_i('i')}</munder>{_sub('a', 'i')}<msub>{_i('w')}<mrow>{_i('i', 'j')}</mrow></msub>{_o('+')}{_i('ε')}",
    )
    + _sub("R", "j")
)
_SHAPLEY = (
    f"{_sub('φ', 'i')}{_o('=')}<munder>{_i('E')}{_i('π')}</munder>{_o('[')}{_of('F', '<msub><mi>x</mi><mrow><mi>S</mi><mo>∪</mo><mi>i</mi></mrow></msub>')}"
    f"{_o('−')}{_of('F', _sub('x', 'S'))}{_o(']')}{_o(',')}<mspace width='1em'></mspace>{_i('S')}{_o('=')}"
    f"<mtext>those before i in the order π</mtext>"
)
_LIFT_PAPER = ("Shrikumar et al.: Learning Important Features Through Propagating Activation Differences, 2017",
               "https://arxiv.org/abs/1704.02685")  # fmt: skip
_SHAP_PAPER = ("Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, NeurIPS 2017",
               "https://arxiv.org/abs/1705.07874")  # fmt: skip
_LRP_PAPER = ("Bach et al.: On Pixel-Wise Explanations by Layer-Wise Relevance Propagation, PLoS ONE 2015",
              "https://doi.org/10.1371/journal.pone.0130140")  # fmt: skip
_IG_PAPER = ("Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017",
             "https://arxiv.org/abs/1703.01365")  # fmt: skip
_SAMPLING_PAPER = ("Castro, Gómez, Tejada: Polynomial calculation of the Shapley value based on sampling, 2009",
                   "https://doi.org/10.1016/j.cor.2008.04.004")  # fmt: skip
_CAPTUM = ("Kokhlikyan et al.: Captum, 2020", "https://arxiv.org/abs/2009.07896")

WORDS: dict[str, Words] = {
    "DeepLift": Words(
        "DeepLIFT (Captum)",
        "Compare every activation with what it is for a baseline, and hand the score's difference back through them.\n\n"
        "Each activation passes on what its output changed per change of its input, instead of its gradient, so that "
        "flat places still speak. The values add up to the score's rise over the baseline.",
        _LIFT, (BASELINE, MODULES), *_LIFT_PAPER,
    ),
    "DeepLiftShap": Words(
        "DeepLIFT SHAP (Captum)",
        "DeepLIFT against many baselines drawn from a data set, averaged: an approximation of Shapley values.\n\n"
        "The values add up to how far the score lies above its mean over the baselines.",
        f"{_MEAN}{_o('[')}{_LIFT}{_o(']')}", ("The data set is part of the question.", MODULES, ESTIMATE), *_SHAP_PAPER,
    ),
    "GradientShap": Words(
        "Gradient SHAP (Captum)",
        "Gradients at random places between baselines from a data set and the noisy image, times the change, averaged.\n\n"
        "Like Expected Gradients, with noise on the image; few samples leave the map rough.",
        f"{_MEAN}{_o('[')}{_CHANGE}{_o('·')}{_SLOPE}{_o(']')}", ("The data set is part of the question.", ESTIMATE),
        *_SHAP_PAPER,
    ),
    "LRP": Words(
        "LRP (Captum)",
        "Hand the score back layer by layer as relevance: each input of a layer gets its share of what it put in.\n\n"
        "The ε rule is used in every layer. What a layer's biases put in is kept by them and reaches no pixel. The "
        "relevance is that of the normalised image, since only there it is conserved.",
        _LRP, ("Where activations cancel, shares get large.", MODULES), *_LRP_PAPER,
    ),
    "Deconvolution": Words(
        "Deconvolution (Captum)",
        "The gradient, but each ReLU lets back only what is positive, whatever it let through on the way forward.\n\n"
        "It draws what in the picture could have excited the score; it hardly depends on the target.",
        f"{_sub('R', 'l')}{_o('=')}{_of('ReLU', _sub('R', 'l+1'))}",
        ("It reconstructs the picture as much as it explains the score.", MODULES),
        "Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014", "https://arxiv.org/abs/1311.2901",
    ),
    "FeatureAblation": Words(
        "Feature ablation (Captum)",
        "Hide one segment after the other and see how far the target falls: the plainest question about a segment.\n\n"
        "Each segment is replaced by the baseline while all others stay.",
        f"{_of('F', _i('x'))}{_o('−')}{_of('F', '<msub><mi>x</mi><mrow><mo>∖</mo><mi>i</mi></mrow></msub>')}",
        (BASELINE, SEGMENTS, "What two segments show alike is missed, since each stands in for the other."), *_CAPTUM,
    ),
    "FeaturePermutation": Words(
        "Feature permutation (Captum)",
        "Show in one segment what another image of a data set has there, and see how far the target falls.\n\n"
        "The exchange stays among real images, but only one of them is tried for each segment.",
        f"{_of('F', _i('x'))}{_o('−')}{_of('F', '<msub><mi>x</mi><mrow><mi>i</mi><mo>←</mo><mi>D</mi></mrow></msub>')}",
        ("The data set is part of the question.", SEGMENTS, ESTIMATE),
        "Breiman: Random Forests, 2001", "https://doi.org/10.1023/A:1010933404324",
    ),
    "ShapleyValueSampling": Words(
        "Shapley value sampling (Captum)",
        "Show the segments in random orders and average what each adds: an estimate of the Shapley values.\n\n"
        "The values add up to the score's rise over the baseline, whatever the number of orders.",
        _SHAPLEY, (BASELINE, SEGMENTS, ESTIMATE), *_SAMPLING_PAPER,
    ),
    "ShapleyValues": Words(
        "Shapley values (Captum)",
        "Show the segments in every order and average what each adds; exact, and therefore only for few segments.\n\n"
        "Every order is run, M! of them: KernelSHAP finds the same values from 2 to the power of M pictures.",
        _SHAPLEY, (BASELINE, SEGMENTS, "At most seven segments, so the map is coarse."),
        "Shapley: A Value for n-Person Games, 1953", "https://doi.org/10.1515/9781400881970-018",
    ),
    "LayerActivation": Words(
        "Layer activation (Captum)",
        "What a layer shows, added over its maps: where the network is excited, whatever the target.\n\n"
        "It asks for no class; it says what a layer reacts to, not what it means for the score.",
        f"<munder>{_o('∑')}{_i('k')}</munder>{_sub('A', 'k')}", (LAYER, "It explains no class."), *_CAPTUM,
    ),
    "LayerConductance": Words(
        "Layer conductance (Captum)",
        "How much of Integrated Gradients flows through each place of a layer, on the way from a baseline.\n\n"
        "All places together carry the score's rise over the baseline.",
        f"{_INTEGRAL}{_LAYER_SLOPE}" + _over(f"{_o('∂')}{_sub('A', 'k')}", f"{_o('∂')}{_i('α')}") + _i("d", "α"),
        (BASELINE, LAYER), "Dhamdhere, Sundararajan, Yan: How Important Is a Neuron?, 2018", "https://arxiv.org/abs/1805.12233",
    ),
    "LayerDeepLift": Words(
        "Layer DeepLIFT (Captum)",
        "DeepLIFT stopped at a layer: what the difference of each place from its baseline hands on to the score.\n\n"
        "All places together carry the score's rise over the baseline.",
        _LIFT.replace("<mi>x</mi>", "<mi>A</mi>"), (BASELINE, LAYER, MODULES), *_LIFT_PAPER,
    ),
    "LayerDeepLiftShap": Words(
        "Layer DeepLIFT SHAP (Captum)",
        "Layer DeepLIFT against many baselines drawn from a data set, averaged over them.\n\n"
        "All places together carry how far the score lies above its mean over the baselines.",
        f"{_MEAN}{_o('[')}" + _LIFT.replace("<mi>x</mi>", "<mi>A</mi>") + _o("]"),
        ("The data set is part of the question.", LAYER, MODULES), *_SHAP_PAPER,
    ),
    "LayerFeatureAblation": Words(
        "Layer ablation (Captum)",
        "Set one place of a layer's maps to zero after the other and see how far the target falls.\n\n"
        "A place is hidden in all maps at once, so there are as many passes as places.",
        f"{_of('F', _i('A'))}{_o('−')}{_of('F', '<msub><mi>A</mi><mrow><mo>∖</mo><mi>k</mi></mrow></msub>')}",
        (LAYER, "A layer full of zeros is unlike anything that the rest of the network knows."), *_CAPTUM,
    ),
    "LayerGradientShap": Words(
        "Layer gradient SHAP (Captum)",
        "Gradient SHAP at a layer: its places' gradients between baselines of a data set and the image, times the change.\n\n"
        "Few samples leave the map rough.",
        f"{_MEAN}{_o('[')}{_o('(')}{_sub('A', 'k')}{_o('−')}<msubsup><mi>A</mi><mi>k</mi><mo>′</mo></msubsup>{_o(')')}"
        f"{_LAYER_SLOPE}{_o(']')}",
        ("The data set is part of the question.", LAYER, ESTIMATE), *_SHAP_PAPER,
    ),
    "LayerGradientXActivation": Words(
        "Layer gradient × activation (Captum)",
        "Each place of a layer times how the target grows with it: Grad-CAM without its averages and without its ReLU.\n\n"
        "The sign is kept, so places may speak against the target.",
        f"{_sub('A', 'k')}{_o('·')}{_LAYER_SLOPE}", (LAYER, "It is right to first order only."), *_CAPTUM,
    ),
    "LayerIntegratedGradients": Words(
        "Layer integrated gradients (Captum)",
        "Integrated Gradients between what a layer shows for a baseline and what it shows for the image.\n\n"
        "The way leads through the layer's own values, not through pictures; all places together carry the score's rise.",
        f"{_o('(')}{_sub('A', 'k')}{_o('−')}<msubsup><mi>A</mi><mi>k</mi><mo>′</mo></msubsup>{_o(')')}{_INTEGRAL}"
        f"{_LAYER_SLOPE}{_i('d', 'α')}",
        (BASELINE, LAYER), *_IG_PAPER,
    ),
    "LayerLRP": Words(
        "Layer LRP (Captum)",
        "LRP stopped at a layer: how much of the score is handed back to each of its places.\n\n"
        "The ε rule is used in every layer above it.",
        _LRP, (LAYER, "Where activations cancel, shares get large.", MODULES), *_LRP_PAPER,
    ),
    "InternalInfluence": Words(
        "Internal influence (Captum)",
        "The mean gradient by a layer's places on the way from a baseline to the image: what matters there on average.\n\n"
        "It is not multiplied by what the layer shows, so silent places may count too.",
        f"{_INTEGRAL}{_LAYER_SLOPE}{_i('d', 'α')}", (BASELINE, LAYER),
        "Leino et al.: Influence-Directed Explanations for Deep Convolutional Networks, 2018", "https://arxiv.org/abs/1802.03788",
    ),
}  # fmt: skip
