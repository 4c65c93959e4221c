"""Ask for the reasons against another class: why a five rather than a six?"""

import seewhy

model = seewhy.load("mnist-cnn")
why = seewhy.explain(model, "digits/test/12", "integrated-gradients", target={"class": 5, "versus": 6}, steps=100)
print(why.caption)
print(f"{why.values.sum():+.2f} in all, completeness gap {why.notes['relative_gap']:.2%}")
why.save("why.png")
