"""Rules about hidden layers that explain what a classifier says, one idea a file."""
