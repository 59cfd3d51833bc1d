using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Bellman.Runs;

/// <summary>
/// The SQLite index of a folder of runs. It is a cache: every question first compares it with the folders (by the time
/// each <c>run.json</c> was written), so a missing, stale or damaged index repairs itself.
/// </summary>
internal sealed class RunIndex(string root)
{
    public const string FileName = "index.sqlite";

    // SQLite's own codes: a damaged image, and a file that is no database.
    // SQLite result codes: damaged, not a database, and a statement it cannot answer (made by a version with other columns).
    private const int Corrupt = 11, NotADatabase = 26, OtherSchema = 1;

    private string FilePath => Path.Combine(root, FileName);

    /// <summary>Records whose text contains <paramref name="search"/> (all if null), newest first.</summary>
    public IReadOnlyList<RunRecord> Query(string? search) => WithRepair(connection => Query(connection, search));

    /// <summary>Notes one record at once, so that others see it; a busy index is brought up to date by the next question.</summary>
    public void Note(RunRecord record)
    {
        try
        {
            WithRepair(connection => { Upsert(connection, Run.Stamp(Path.Combine(root, record.Id)), record); return 0; });
        }
        catch (BellmanException)
        {
            // Training must not end because a cache could not be written.
        }
    }

    private T WithRepair<T>(Func<SqliteConnection, T> action)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var connection = Open();
                return action(connection);
            }
            catch (SqliteException error) when (attempt == 0 && error.SqliteErrorCode is Corrupt or NotADatabase or OtherSchema)
            {
                Delete();
            }
            catch (SqliteException error)
            {
                throw new BellmanException($"The index of runs {FilePath} cannot be used: {error.Message} Make the folder writable; the index may be deleted at any time, it is made anew from the runs.", error);
            }
        }
    }

    private SqliteConnection Open()
    {
        // Unpooled, so that no handle outlives the question and the file may be deleted at any time.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = FilePath, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
            Execute(connection, """
                CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, modified INTEGER NOT NULL, started TEXT NOT NULL, record TEXT NOT NULL);
                """);
            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    private void Refresh(SqliteConnection connection)
    {
        var folders = Directory.GetDirectories(root).Where(Run.Exists).ToDictionary(folder => Path.GetFileName(folder));
        var known = new Dictionary<string, long>();
        using (var command = new SqliteCommand("SELECT id, modified FROM runs", connection))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read()) { known[reader.GetString(0)] = reader.GetInt64(1); }
        }
        var stale = folders.Where(pair => known.GetValueOrDefault(pair.Key) != Run.Stamp(pair.Value)).ToList();
        var gone = known.Keys.Where(id => !folders.ContainsKey(id)).ToList();
        if (stale.Count == 0 && gone.Count == 0) { return; }

        using var transaction = connection.BeginTransaction();
        foreach (var (_, folder) in stale)
        {
            try
            {
                // The stamp first: a record that is rewritten in between is then read again, not missed.
                var stamp = Run.Stamp(folder);
                Upsert(connection, stamp, Run.Read(folder).Record, transaction);
            }
            catch (BellmanException)
            {
                // A folder whose record is damaged is not listed; asking for it by name says what is wrong.
            }
        }
        foreach (var id in gone) { Execute(connection, "DELETE FROM runs WHERE id = $id", transaction, ("$id", id)); }
        transaction.Commit();
    }

    private List<RunRecord> Query(SqliteConnection connection, string? search)
    {
        Refresh(connection);
        using var command = new SqliteCommand("""
            SELECT record FROM runs WHERE $search IS NULL OR instr(lower(record), lower($search)) > 0 ORDER BY started DESC, id DESC
            """, connection);
        command.Parameters.AddWithValue("$search", (object?)search ?? DBNull.Value);
        var records = new List<RunRecord>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (JsonSerializer.Deserialize<RunRecord>(reader.GetString(0), RunRecord.Json) is { } record)
            {
                records.Add(Run.TrueStatus(Path.Combine(root, record.Id), record));
            }
        }
        return records;
    }

    private static void Upsert(SqliteConnection connection, long stamp, RunRecord record, SqliteTransaction? transaction = null) => Execute(connection,
        "INSERT OR REPLACE INTO runs (id, modified, started, record) VALUES ($id, $modified, $started, $record)", transaction,
        ("$id", record.Id), ("$modified", stamp), ("$started", record.Started.UtcDateTime.ToString("O")), ("$record", JsonSerializer.Serialize(record, RunRecord.Json)));

    private static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null, params (string Name, object Value)[] parameters)
    {
        using var command = new SqliteCommand(sql, connection, transaction);
        foreach (var (name, value) in parameters) { command.Parameters.AddWithValue(name, value); }
        command.ExecuteNonQuery();
    }

    private void Delete()
    {
        foreach (var suffix in (string[])["", "-wal", "-shm"]) { File.Delete(FilePath + suffix); }
    }
}
