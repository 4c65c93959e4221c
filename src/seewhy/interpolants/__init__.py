<<<<<<< HEAD
"""Rules about hidden layers that explain what a classifier says, one idea a file."""
=======
"""Rules about hidden layers that explain a conclusion, and what can be asked of them."""
>>>>>>> 16b572a (interpolants: say which pixels a unit can see)
