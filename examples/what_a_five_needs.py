"""A 5 without its middle, and three lines of it: strokes are taken away, and the model stays sure."""

import numpy as np

import seewhy
from seewhy import images
from seewhy.attacks.least_evidence import LeastEvidence

FIVE = (
    "ink:Y2AYjMDnyVMo2Ish1_kfDoTQ5Zb-n-ALAaYY-g78L8Vp353_kTjlvv-3wyUl-v-_Y_-2hYnsWOQMoG58V4DFe0DxnbVzP_z_PxlDjnVZvSaQ4uj-"
    "_98Tp5vW_l-AUy7l_xWccr7_n-KUy_x_Cafc4f_TcEkV__9vjCoif20-hJH2_383mmqX__83KojoJW7-_38DhlFpsHidh8WekBtAiXvzXLC7Qkqehzop"
    "DwA"
)

model = seewhy.load("mnist-cnn")
five = images.ink_decode(FIVE)
found = LeastEvidence(pieces="strokes")(model, five)
print(found.sentence)

pieces, ink = found.path.pieces, np.argwhere(five[0] > 0)
far = {one: np.linalg.norm(np.argwhere(pieces == one) - ink.mean(0), axis=1).min() for one in range(found.pieces)}
middle = min(far, key=far.__getitem__)  # the stroke that comes nearest to the middle of the ink
strongest = found.path.sequence[-3:]
for title, kept in (("without its middle", pieces != middle), ("three lines of it", np.isin(pieces, strongest))):
    left = images.centre(np.where(kept, five, 0).astype(np.float32))  # as Draw shows it to the model
    sure = model.predict(left).probabilities[found.target]
    ink_left = np.count_nonzero(kept & (five[0] > 0))
    print(f"{title}: {sure:.4%} sure of “{model.labels[found.target]}”, {ink_left} of {len(ink)} pixels")
    print(images.ink_encode(left))
