"""Lets programs and people in over HTTP: routes, who may do what, and the words for what went wrong."""
