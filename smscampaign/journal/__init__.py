"""The journal: what was planned, what was intended before each call, what happened after it.

SQLAlchemy Core on SQLite in WAL with full durability. `store` opens it and keeps the lock, `plan` writes a plan and seals it,
`queue` hands out its calls and records what became of them; the other rooms answer questions, each about what its name says.
"""
