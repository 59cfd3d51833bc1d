namespace Bellman;

/// <summary>
/// A state may come from a user's JSON: what an episode could never hold is refused when it is loaded, by name,
/// instead of surfacing as a strange observation later.
/// </summary>
internal static class RestoredState
{
    public static void RequireWithin(StateExchange state, string name, double value, double low, double high)
    {
        if (state.IsLoading && !(value >= low && value <= high))
        {
            throw new UsageException($"The state has {name} = {value}; it must be a number from {low} to {high}.");
        }
    }

    public static void RequireFinite(StateExchange state, string name, double value)
    {
        if (state.IsLoading && !double.IsFinite(value))
        {
            throw new UsageException($"The state has {name} = {value}; it must be a finite number.");
        }
    }

    public static void RequireIndex(StateExchange state, string name, int value, int count)
    {
        if (state.IsLoading && (uint)value >= (uint)count)
        {
            throw new UsageException($"The state has {name} = {value}; it must be a whole number from 0 to {count - 1}.");
        }
    }

    public static void RequireBit(StateExchange state, string name, float value)
    {
        if (state.IsLoading && value is not (0 or 1))
        {
            throw new UsageException($"The state has {name} with {value} in it; each must be 0 or 1.");
        }
    }
}
