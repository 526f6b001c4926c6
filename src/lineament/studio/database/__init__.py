"""The studio's views of a database, each of which passes the database's own rules."""
