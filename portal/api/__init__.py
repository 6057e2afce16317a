"""The public contract as JSON: faces of the same domain functions the pages use.

`problems` says no (RFC 9457), `desk` is what every request passes through, `wording` puts codes into sentences,
`calculators` are the endpoints, `openapi` describes them.
"""
