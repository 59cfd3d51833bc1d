using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Bellman.Runs;

/// <summary>
/// The SQLite index of runs, one row a run; several processes may write to it. It holds nothing that the folders do not,
/// so a damaged one is deleted and made anew.
/// </summary>
internal sealed class RunIndex(string path)
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS runs (
            id TEXT PRIMARY KEY, algorithm TEXT NOT NULL, environment TEXT NOT NULL, seed TEXT NOT NULL, status TEXT NOT NULL,
            started TEXT NOT NULL, steps INTEGER NOT NULL, best REAL, record TEXT NOT NULL)
        """;

    private const string Insert = """
        INSERT OR REPLACE INTO runs (id, algorithm, environment, seed, status, started, steps, best, record)
        VALUES ($id, $algorithm, $environment, $seed, $status, $started, $steps, $best, $record)
        """;

    public void Put(RunRecord record) => Use(connection =>
    {
        Write(connection, record);
        return 0;
    });

    public void Rebuild(IEnumerable<RunRecord> records) => Use(connection =>
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, "DELETE FROM runs");
        foreach (var record in records) { Write(connection, record); }
        transaction.Commit();
        return 0;
    });

    public IReadOnlyList<RunRecord> All() => Use(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT record FROM runs";
        using var reader = command.ExecuteReader();
        var records = new List<RunRecord>();
        while (reader.Read())
        {
            if (JsonSerializer.Deserialize<RunRecord>(reader.GetString(0), RunRecord.Json) is { } record) { records.Add(record); }
        }
        return records;
    });

    private T Use<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            return Attempt(work);
        }
        catch (SqliteException error) when (error.SqliteErrorCode is 11 or 26)
        {
            // Corrupt, or not a database at all: the folders hold everything.
            File.Delete(path);
            return Attempt(work);
        }
        catch (SqliteException error)
        {
            throw new BellmanException($"The index of runs {path} cannot be used: {error.Message}. Make its folder writable or free space; the runs themselves are safe in their folders.", error);
        }
    }

    private T Attempt<T>(Func<SqliteConnection, T> work)
    {
        // Without pooling the file is closed when the work is done, and can be moved or deleted.
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        connection.Open();
        Execute(connection, Schema);
        return work(connection);
    }

    private static void Execute(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    private static void Write(SqliteConnection connection, RunRecord record)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Insert;
        var configuration = record.Configuration;
        command.Parameters.AddWithValue("$id", record.Id);
        command.Parameters.AddWithValue("$algorithm", configuration.Algorithm);
        command.Parameters.AddWithValue("$environment", configuration.Environment);
        command.Parameters.AddWithValue("$seed", configuration.Seed.ToString());
        command.Parameters.AddWithValue("$status", record.Status.ToString());
        command.Parameters.AddWithValue("$started", record.Started.ToString("O"));
        command.Parameters.AddWithValue("$steps", record.StepsTaken);
        command.Parameters.AddWithValue("$best", (object?)record.BestEvaluation ?? DBNull.Value);
        command.Parameters.AddWithValue("$record", JsonSerializer.Serialize(record, RunRecord.Json));
        command.ExecuteNonQuery();
    }
}
