using Bellman.Neural;

namespace Bellman;

/// <summary>
/// One trainer (or whoever takes the turn) of the process uses torch at a time. TorchSharp makes a scalar object of every number in an expression and
/// leaves it to the finaliser (dotnet/TorchSharp#1434): a garbage collection that another thread causes while a native call
/// reads the number frees it under the call. A thread that waits causes none.
/// </summary>
public static class TorchTurn
{
    private static readonly Lock Turn = new();

    /// <summary>Loads libtorch if nobody has, and waits for the turn; disposing passes it on. A thread may take it again while it has it.</summary>
    /// <exception cref="BellmanException">libtorch cannot be loaded.</exception>
    public static Lock.Scope Take()
    {
        TorchRuntime.EnsureLoaded();
        return Turn.EnterScope();
    }
}
