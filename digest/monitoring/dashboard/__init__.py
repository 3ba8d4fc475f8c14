"""The figures of the admin's first page, without their look.

Each function takes the time as of which it counts. Work does not grow with the history: the mails
of the day are read from the counts of outcomes by minute, the queue from partial indexes, earlier
days from the daily statistics; other queries read a limited number of rows.
"""
