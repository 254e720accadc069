"""Integrations with other frameworks, one package each; none is imported unless you import it."""
