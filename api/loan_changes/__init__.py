"""Changes to a loan after it was made: previewed, reasoned, approved above a limit, undone."""
