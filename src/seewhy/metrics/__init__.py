"""How good an explanation is: numbers beside a map, each with the level that random maps reach."""
