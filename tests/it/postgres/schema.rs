//! Both databases have one schema, and a later migration breaks no version that
//! still serves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use zhenma::store::sql::Ledger;

use crate::book::NOW;
use crate::postgres_server::PostgresServer;

/// What a database is made of, in one spelling.
type Schema = BTreeSet<String>;

fn of_file(path: &Path) -> Schema {
    let file = Connection::open(path).expect("opens");
    let rows = |sql: &str| -> Vec<String> {
        let mut statement = file.prepare(sql).expect("sound");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|row| row.expect("a text")).collect()
    };
    const TABLES: &str = "FROM sqlite_master t WHERE t.type = 'table'
        AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";
    let mut all = Schema::new();
    all.extend(rows(&format!(
        "SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type
            || CASE WHEN c.\"notnull\" OR c.pk > 0 THEN ' filled' ELSE '' END
            || COALESCE(' ' || c.dflt_value, '')
         FROM (SELECT t.name {TABLES}) t, pragma_table_info(t.name) c"
    )));
    all.extend(rows(&format!(
        "SELECT 'key ' || t.name || ' (' || (SELECT GROUP_CONCAT(c.name, ', ' ORDER BY c.pk)
            FROM pragma_table_info(t.name) c WHERE c.pk > 0) || ')' {TABLES}"
    )));
    all.extend(rows(&format!(
        "SELECT 'reference ' || t.name || ' (' || GROUP_CONCAT(f.\"from\", ', ' ORDER BY f.seq)
            || ') to ' || f.\"table\" || ' (' || GROUP_CONCAT(f.\"to\", ', ' ORDER BY f.seq) || ')'
         FROM (SELECT t.name {TABLES}) t, pragma_foreign_key_list(t.name) f GROUP BY t.name, f.id"
    )));
    all.extend(rows(&format!(
        "SELECT 'unique ' || t.name || ' (' || (SELECT GROUP_CONCAT(c.name, ', ' ORDER BY c.seqno)
            FROM pragma_index_info(i.name) c) || ')'
         FROM (SELECT t.name {TABLES}) t, pragma_index_list(t.name) i WHERE i.origin = 'u'"
    )));
    all.extend(rows("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"));
    all.iter().map(|line| plain(line)).collect()
}

fn of_server(server: &PostgresServer, url: &str) -> Schema {
    const OURS: &str = "n.nspname = 'public' AND t.relname NOT LIKE '\\_sqlx%'";
    let columns = |numbers: &str, table: &str| {
        format!(
            "(SELECT STRING_AGG(a.attname, ', ' ORDER BY k.n) FROM UNNEST({numbers})
              WITH ORDINALITY k (c, n) JOIN pg_attribute a ON a.attrelid = {table}
              AND a.attnum = k.c)"
        )
    };
    let (own, theirs) = (columns("c.conkey", "c.conrelid"), columns("c.confkey", "c.confrelid"));
    let sql = format!(
        "SELECT 'column ' || t.relname || '.' || a.attname || ' '
            || format_type(a.atttypid, NULL) || CASE WHEN a.attnotnull THEN ' filled' ELSE '' END
            || COALESCE(' ' || pg_get_expr(d.adbin, d.adrelid), '')
         FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
         WHERE t.relkind = 'r' AND {OURS}
         UNION ALL
         SELECT CASE c.contype WHEN 'p' THEN 'key ' WHEN 'u' THEN 'unique ' ELSE 'reference ' END
            || t.relname || ' (' || {own} || ')'
            || CASE c.contype WHEN 'f'
               THEN ' to ' || c.confrelid::regclass || ' (' || {theirs} || ')' ELSE '' END
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace
         WHERE c.contype IN ('p', 'u', 'f') AND {OURS}
         UNION ALL
         SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i
         JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
         WHERE {OURS} AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
    );
    server.sql(url, &sql).lines().map(plain).collect()
}

/// Types, defaults and conditions as both write them.
fn plain(line: &str) -> String {
    let mut line = line.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in [
        ("double precision", "REAL"),
        ("bytea", "BLOB"),
        ("bigint", "BIGINT"),
        (" text", " TEXT"),
        ("boolean", "BOOLEAN"),
        (" false", " FALSE"),
        ("::TEXT", ""),
        ("::text", ""),
        (" COLLATE C", ""),
        (" USING btree", ""),
        (" ON public.", " ON "),
        ("= ANY (ARRAY[", "IN ("),
        ("])", ")"),
    ] {
        line = line.replace(from, to);
    }
    // A condition's brackets say nothing.
    match line.split_once(" WHERE ") {
        Some((index, of)) => format!("{index} WHERE {}", of.replace(['(', ')'], "")),
        None => line,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_one_schema() {
    let Some(server) = PostgresServer::shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    Ledger::open(&path, NOW).await.expect("opens").close().await;
    let (file, server) = (of_file(&path), of_server(server, &server.database()));
    let less: Vec<_> = file.difference(&server).collect();
    let more: Vec<_> = server.difference(&file).collect();
    assert!(
        less.is_empty() && more.is_empty(),
        "only SQLite: {less:#?}\nonly PostgreSQL: {more:#?}"
    );
    assert!(file.len() > 700, "{}", file.len());
}

/// Every text of the server's schema is compared by bytes.
#[test]
fn texts_are_ordered_by_their_bytes() {
    let Some(server) = PostgresServer::shared() else { return };
    let other = "SELECT t.relname || '.' || a.attname FROM pg_attribute a
        JOIN pg_class t ON t.oid = a.attrelid JOIN pg_namespace n ON n.oid = t.relnamespace
        JOIN pg_collation c ON c.oid = a.attcollation
        WHERE n.nspname = 'public' AND t.relkind = 'r' AND a.attnum > 0
        AND t.relname NOT LIKE '\\_sqlx%' AND c.collname <> 'C'";
    assert_eq!(server.sql(&server.database(), other), "");
}

/// The last migration before anybody ran two versions at once.
const FREE: u32 = 33;
/// What takes away, renames or tightens what the version before still uses, or
/// holds a table for as long as it is read from end to end.
const FORBIDDEN: [&str; 8] = [
    "DROP TABLE",
    "DROP COLUMN",
    "RENAME",
    "ALTER COLUMN",
    "SET NOT NULL",
    "ADD CONSTRAINT",
    "LOCK TABLE",
    "TRUNCATE",
];

fn breaks(sql: &str) -> Vec<String> {
    let said: String = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ")
        .to_uppercase();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let statements = said.split(';').map(str::trim);
    let mut found: Vec<String> =
        FORBIDDEN.iter().filter(|f| said.contains(*f)).map(|f| (*f).to_owned()).collect();
    for statement in statements.filter(|s| s.contains("ADD COLUMN")) {
        if statement.contains("NOT NULL") && !statement.contains("DEFAULT") {
            found.push(statement.to_owned());
        }
    }
    found
}

fn migrations(folder: &str) -> Vec<(u32, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
    files
        .filter(|file| file.extension().is_some_and(|e| e == "sql"))
        .map(|file| {
            let name = file.file_name().expect("named").to_string_lossy();
            (name[..4].parse().expect("a number"), file.clone())
        })
        .collect()
}

#[test]
fn migrations_only_add_and_stand_in_both_folders() {
    let (lite, pg) =
        (migrations("src/store/sql/migrations"), migrations("src/store/sql/migrations/postgres"));
    for (number, file) in lite.iter().chain(&pg).filter(|(number, _)| *number > FREE) {
        let found = breaks(&std::fs::read_to_string(file).expect("read"));
        assert!(
            found.is_empty(),
            "{}: {found:?}: the version before still serves while this one migrates; see ADR 33",
            file.display()
        );
        let both = |all: &[(u32, PathBuf)]| all.iter().any(|(n, _)| n == number);
        assert!(both(&lite) && both(&pg), "{number} is in one folder alone");
    }
    assert!(!breaks("ALTER TABLE a ADD COLUMN b BIGINT NOT NULL").is_empty());
    assert!(!breaks("alter table a\n rename to b").is_empty());
    assert!(breaks("ALTER TABLE a ADD COLUMN b BIGINT NOT NULL DEFAULT 0 -- no RENAME").is_empty());
}
