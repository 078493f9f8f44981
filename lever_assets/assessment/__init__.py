"""Assessments: a vendor offers packages, gets orders, and says what was found; Lever is told of it.

Lever has no assessments of its own. So an application that arrives in a chosen stage is an order, a tag says
of which package, and the result becomes a note, a link, files and a tag.
"""
