//! Adding rows, and hearing what became of them.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, DbErr, Iden, Statement, Value,
};
use uuid::Uuid;

use super::{Answer, Column, New, Rows, name, postgres, sqlite};
use crate::infra::db::Tx;

impl<A: ActiveModelTrait> Rows<A> {
    /// Adds those whose key is not there yet, and asks the database this with it: an expression, and
    /// `AS` what. Then asks it that of another table, in the same turn where it can.
    pub async fn add_new(
        mut self,
        tx: &Tx,
        key: Column<A>,
        question: &str,
        mut then_ask: Option<Statement>,
    ) -> Result<New, DbErr> {
        let all = self.keys(key);
        self = self.unless_there(key);
        self.answer = Answer::New {
            key: name::<A>(key),
            question: question.to_owned(),
        };
        let (mut heard, mut then_heard) = (Vec::new(), Vec::new());
        let mut inserts = self.inserts().peekable();
        while let Some(insert) = inserts.next() {
            let ask = then_ask.take_if(|_| inserts.peek().is_none());
            let Some(ask) = ask else {
                heard.push(tx.add_returning([insert]).await?);
                continue;
            };
            let (of_last, then) = tx.add_and_ask(insert, ask).await?;
            heard.push(of_last);
            then_heard = then;
        }
        if let Some(ask) = then_ask {
            then_heard = tx.query_all_raw(ask).await?;
        }
        let new = match tx.get_database_backend() {
            DbBackend::Postgres => postgres::new(heard, key.unquoted())?,
            _ => sqlite::new(all, heard, key.unquoted())?,
        };
        Ok(New { then_heard, ..new })
    }

    /// Adds them, and behind them these of another table; what number each was given, in their order.
    pub async fn add_numbered<B: ActiveModelTrait>(
        mut self,
        tx: &Tx,
        key: Column<A>,
        number: Column<A>,
        behind: Rows<B>,
    ) -> Result<Vec<i64>, DbErr> {
        let ids = self.ids(key);
        self.answer = Answer::Numbers {
            key: name::<A>(key),
            number: name::<A>(number),
        };
        let inserts = self.inserts().chain(behind.inserts());
        let heard = tx.add_returning(inserts).await?;
        match tx.get_database_backend() {
            DbBackend::Postgres => {
                postgres::numbers(&ids, &heard, key.unquoted(), number.unquoted())
            }
            _ => sqlite::numbers(ids.len(), &heard),
        }
    }

    fn keys(&self, key: Column<A>) -> Vec<Vec<u8>> {
        let bytes = |row: &A| match row.get(key) {
            ActiveValue::Set(Value::Bytes(Some(bytes))) => Some(bytes),
            _ => None,
        };
        self.rows.iter().filter_map(bytes).collect()
    }

    fn ids(&self, key: Column<A>) -> Vec<Uuid> {
        let id = |row: &A| match row.get(key) {
            ActiveValue::Set(Value::Uuid(Some(id))) => Some(id),
            _ => None,
        };
        self.rows.iter().filter_map(id).collect()
    }
}
