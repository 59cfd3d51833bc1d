namespace Bellman.Runs;

/// <summary>
/// A file that only grows. Its length travels in checkpoints: on resume, what was written after the checkpoint is cut,
/// because it will be written again.
/// </summary>
internal sealed class AppendedFile : IStateful, IDisposable
{
    private readonly FileStream stream;

    public AppendedFile(string path)
    {
        stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        stream.Seek(0, SeekOrigin.End);
    }

    public bool IsEmpty => stream.Length == 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        stream.Flush();
    }

    /// <summary>Begins again from nothing.</summary>
    public void Clear() => stream.SetLength(0);

    public void Exchange(StateExchange state)
    {
        var length = stream.Length;
        if (!state.IsLoading) { stream.Flush(flushToDisk: true); }
        state.Value(nameof(length), ref length);
        if (!state.IsLoading) { return; }
        stream.SetLength(Math.Min(length, stream.Length));
        stream.Seek(0, SeekOrigin.End);
    }

    public void Dispose() => stream.Dispose();
}
