"""Sources that an operator does not have to put together: the usual ones, services that are asked
for a journal or a query, and a trial of what a source would bring.
"""
