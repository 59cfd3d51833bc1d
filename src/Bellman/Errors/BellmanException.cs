namespace Bellman;

/// <summary>
/// An error a user can act on. The message is one paragraph: what was wrong, what is valid, what to do next.
/// The command line prints it without a stack trace and ends with <see cref="ExitCode"/>.
/// </summary>
public class BellmanException : Exception
{
    /// <summary>Creates the error with the paragraph the user reads.</summary>
    public BellmanException(string message) : base(message) { }

    /// <summary>Creates the error with the paragraph the user reads and the failure behind it.</summary>
    public BellmanException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Creates an error without a message; prefer the other constructors.</summary>
    public BellmanException() { }

    /// <summary>Process exit status: 3 for a failure while running.</summary>
    public virtual int ExitCode => 3;
}

/// <summary>Input that was wrong before any work began: an unknown name, a value out of range, a malformed file.</summary>
public sealed class UsageException : BellmanException
{
    /// <inheritdoc/>
    public UsageException(string message) : base(message) { }

    /// <inheritdoc/>
    public UsageException(string message, Exception? innerException) : base(message, innerException) { }

    /// <inheritdoc/>
    public UsageException() { }

    /// <summary>Process exit status: 2, usage.</summary>
    public override int ExitCode => 2;
}
