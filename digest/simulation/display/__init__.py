"""The results of a simulation as people see them: a table, a plot in text, and one as SVG."""
