"""The unified API over HTTP, as Kombo's own clients speak it: routes, shapes and errors.

It holds no rule of the business: what is read is read by `store/`, what is written by `actions/`.
"""
