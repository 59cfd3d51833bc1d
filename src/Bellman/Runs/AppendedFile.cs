namespace Bellman.Runs;

/// <summary>
/// A file that only grows. Its length travels in checkpoints: on resume, what was written after the checkpoint is cut,
/// because it will be written again.
/// </summary>
internal sealed class AppendedFile : IStateful, IDisposable
{
    // Unbuffered: each append is one write, and after a failed one nothing is left to fail again when it is closed.
    private readonly FileStream stream;

    public AppendedFile(string path)
    {
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception error) when (DurableFile.IsFailure(error))
        {
            throw Unwritable(path, error);
        }
        stream.Seek(0, SeekOrigin.End);
    }

    public bool IsEmpty => stream.Length == 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            stream.Write(bytes);
        }
        catch (Exception error) when (DurableFile.IsFailure(error))
        {
            throw Unwritable(stream.Name, error);
        }
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

    private static BellmanException Unwritable(string path, Exception error) => new(
        $"{path} could not be written: {error.Message.TrimEnd('.')}. Checkpoints are untouched. Free space or make the folder writable, then continue with --resume.", error);
}
