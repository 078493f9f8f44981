"""The report: one page that shows the marts, with a picture and its numbers for each question."""
