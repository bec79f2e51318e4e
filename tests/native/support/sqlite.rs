//! [`Storage`] on real SQLite, as picky as the object's, and failing on demand.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use natter::storage::{Row, Storage, StorageError, Value};
use rusqlite::types::{Value as SqlValue, ValueRef};
use rusqlite::{Connection, Statement, StatementStatus, params_from_iter};

pub struct Sqlite {
    connection: Connection,
    /// Statements that contain this fail.
    failing: RefCell<Option<String>>,
    /// How many steps SQLite's virtual machine has gone.
    steps: Cell<i64>,
}

impl Sqlite {
    pub fn in_memory() -> Rc<Self> {
        Self::on(Connection::open_in_memory())
    }

    /// A database that statements make.
    #[track_caller]
    pub fn from_sql(statements: &str) -> Rc<Self> {
        let sqlite = Self::in_memory();
        sqlite.connection.execute_batch(statements).expect("statements");
        sqlite
    }

    pub fn file(path: &Path) -> Rc<Self> {
        Self::on(Connection::open(path))
    }

    fn on(connection: rusqlite::Result<Connection>) -> Rc<Self> {
        Rc::new(Self {
            connection: connection.expect("a database"),
            failing: RefCell::new(None),
            steps: Cell::new(0),
        })
    }

    /// From now on statements that contain `text` fail.
    pub fn fail_on(&self, text: &str) {
        *self.failing.borrow_mut() = Some(text.to_owned());
    }

    pub fn work_again(&self) {
        *self.failing.borrow_mut() = None;
    }

    /// How much work the statements have been, in steps of SQLite's virtual machine: the same in every run.
    pub fn steps(&self) -> i64 {
        self.steps.get()
    }

    /// The one integer that a statement gives.
    #[track_caller]
    pub fn integer(&self, sql: &str) -> i64 {
        self.query(sql, &[]).expect("a result")[0].integer(0).expect("an integer")
    }

    /// The names of the tables and indices, in order.
    pub fn schema(&self) -> Vec<String> {
        let sql = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name";
        let rows = self.query(sql, &[]).expect("a result");
        rows.into_iter().map(|mut row| row.text(0).expect("a name")).collect()
    }
}

impl Storage for Sqlite {
    fn query(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StorageError> {
        if self.failing.borrow().as_deref().is_some_and(|text| sql.contains(text)) {
            return Err(StorageError("the disk is on fire".to_owned()));
        }
        // The object's SQLite refuses these.
        for word in ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "ATTACH", "VACUUM"] {
            assert!(!sql.trim_start().to_ascii_uppercase().starts_with(word), "{sql}");
        }
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        assert_eq!(statement.parameter_count(), parameters.len(), "{sql}");
        let rows = rows(&mut statement, parameters).map_err(failed);
        self.steps.set(self.steps.get() + i64::from(statement.get_status(StatementStatus::VmStep)));
        rows
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Result<(), StorageError>) -> Result<(), StorageError> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        let outcome = body();
        let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.connection.execute_batch(end).map_err(failed)?;
        outcome
    }
}

fn rows(statement: &mut Statement<'_>, parameters: &[Value]) -> rusqlite::Result<Vec<Row>> {
    let columns = statement.column_count();
    let rows = statement.query_map(params_from_iter(parameters.iter().map(bind)), |row| {
        (0..columns).map(|column| row.get_ref(column).map(read)).collect::<Result<_, _>>().map(Row)
    })?;
    rows.collect()
}

fn bind(value: &Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Integer(integer) => {
            assert!(integer.unsigned_abs() < 1 << 53, "{integer} is no integer in JavaScript");
            SqlValue::Integer(*integer)
        }
        Value::Text(text) => SqlValue::Text(text.clone()),
        Value::Blob(bytes) => SqlValue::Blob(bytes.clone()),
    }
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).expect("UTF-8")),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Real(real) => panic!("the schema has no {real}"),
    }
}

fn failed(error: rusqlite::Error) -> StorageError {
    StorageError(error.to_string())
}

/// The path of a database file, which is removed when the test is over.
pub struct DatabaseFile(PathBuf);

impl DatabaseFile {
    /// A file that does not exist yet; `name` is the test's own.
    pub fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.sqlite", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    pub fn open(&self) -> Rc<Sqlite> {
        Sqlite::file(&self.0)
    }
}

impl Drop for DatabaseFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
