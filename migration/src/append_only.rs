//! Tables that are written once: a trigger on both databases refuses UPDATE and DELETE.
//!
//! Two things are let through, each only in a transaction that holds its row of `maintenance`,
//! that is, has set its `active`: retention may delete rows, and the re-seal may rewrite the one
//! sealed column. The flag is lowered again before the commit (the table's own constraint insists),
//! so no other transaction ever sees it raised.
//!
//! SQLite fires the delete trigger for the rows that `INSERT OR REPLACE` displaces only where
//! `PRAGMA recursive_triggers` is on, so the writer's connection turns it on.

use crate::sql::{Sql, postgres, sqlite};

pub struct AppendOnly {
    pub table: &'static str,
    /// The only column that the re-seal may rewrite.
    pub sealed: &'static str,
    /// All others. SQLite cannot compare rows as a whole, so its trigger names each; whoever adds
    /// a column to the table makes the trigger anew.
    pub fixed: &'static [&'static str],
}

impl AppendOnly {
    pub fn guards(&self) -> Vec<Sql> {
        let mut guards = self.postgres_guards();
        guards.extend(self.sqlite_guards());
        guards
    }

    /// SQLite's triggers alone, which know the columns by name, and taking them away: before a
    /// column comes or goes, and after. PostgreSQL's compare whole rows.
    pub fn guards_by_column(&self) -> Vec<Sql> {
        self.sqlite_guards()
    }

    pub fn without_guards_by_column(&self) -> Vec<Sql> {
        let drop = |of: &str| sqlite(format!("DROP TRIGGER {}_{of}", self.table));
        vec![drop("not_updated"), drop("not_deleted")]
    }

    /// PostgreSQL drops the triggers with the table, but not the function behind them.
    pub fn drop_function(&self) -> Sql {
        postgres(format!("DROP FUNCTION {}_append_only()", self.table))
    }

    /// Retention is judged once a statement, the re-seal row by row: `OLD` takes over the new
    /// sealed value, and then nothing may be left that differs.
    fn postgres_guards(&self) -> Vec<Sql> {
        let (table, sealed, refusal) = (self.table, self.sealed, self.refusal());
        vec![
            postgres(format!(
                "CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger
                 LANGUAGE plpgsql AS $$
                 BEGIN
                     IF TG_OP = 'DELETE' AND EXISTS (
                         SELECT FROM maintenance WHERE task = 'retention' AND active
                     ) THEN
                         RETURN NULL;
                     END IF;
                     IF TG_OP = 'UPDATE' AND EXISTS (
                         SELECT FROM maintenance WHERE task = 'reseal' AND active
                     ) THEN
                         OLD.{sealed} := NEW.{sealed};
                         IF NEW IS NOT DISTINCT FROM OLD THEN
                             RETURN NEW;
                         END IF;
                     END IF;
                     RAISE EXCEPTION '{refusal}' USING ERRCODE = 'object_not_in_prerequisite_state';
                 END $$"
            )),
            postgres(format!(
                "CREATE TRIGGER {table}_not_updated BEFORE UPDATE ON {table}
                 FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
            )),
            postgres(format!(
                "CREATE TRIGGER {table}_not_deleted BEFORE DELETE OR TRUNCATE ON {table}
                 FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
            )),
        ]
    }

    fn sqlite_guards(&self) -> Vec<Sql> {
        let (table, refusal) = (self.table, self.refusal());
        let fixed_column_differs = self
            .fixed
            .iter()
            .map(|column| format!("NEW.{column} IS NOT OLD.{column}"))
            .collect::<Vec<_>>()
            .join(" OR ");
        vec![
            sqlite(format!(
                "CREATE TRIGGER {table}_not_updated BEFORE UPDATE ON {table}
                 WHEN NOT EXISTS (SELECT 1 FROM maintenance WHERE task = 'reseal' AND active)
                      OR {fixed_column_differs}
                 BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )),
            sqlite(format!(
                "CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table}
                 WHEN NOT EXISTS (SELECT 1 FROM maintenance WHERE task = 'retention' AND active)
                 BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )),
        ]
    }

    fn refusal(&self) -> String {
        format!(
            "{} is append-only: retention alone may delete its rows, and the re-seal alone may \
             rewrite {}, each in a transaction that has set its row of maintenance active",
            self.table, self.sealed
        )
    }
}
