"""Methods that turn a model, an image and a target into signed numbers per pixel, one file each."""
