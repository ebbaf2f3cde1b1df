package store

import "database/sql"

// TeamPool is the pool of the transactions of teams.
func (db *DB) TeamPool() *sql.DB { return db.write }

// Unwalled is the same database without the second wall: its transactions name no team and work as the role that is signed in, for which
// policies do not hold where it is a superuser.
func (db *DB) Unwalled() *DB {
	return &DB{dialect: db.dialect, write: db.login, read: db.login, acrossWrite: db.login, acrossRead: db.login, login: db.login,
		clock: db.clock, random: db.random, log: db.log, unwalled: true}
}
