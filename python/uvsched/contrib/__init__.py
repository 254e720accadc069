"""Integrations with frameworks, a package each, over one configuration (`config`) and one Task (`task`).

None is imported unless you import it.
"""
