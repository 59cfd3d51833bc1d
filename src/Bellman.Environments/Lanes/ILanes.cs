namespace Bellman.Environments;

/// <summary>
/// A few doubles that are computed side by side. The equations of a task are written once over it: with one lane
/// they are the single environment, with a register of lanes its batched form. Every operation rounds as IEEE 754 says,
/// so every width gives the same bits, on every machine.
/// </summary>
/// <typeparam name="TSelf">The register.</typeparam>
internal unsafe interface ILanes<TSelf> where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>Lanes of the register.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(double* source);
    static abstract void Store(TSelf value, double* destination);

    /// <summary>Reads singles.</summary>
    static abstract TSelf LoadSingle(float* source);

    /// <summary>Writes singles, rounded to nearest.</summary>
    static abstract void StoreSingle(TSelf value, float* destination);

    static abstract implicit operator TSelf(double value);
    static abstract TSelf operator +(TSelf a, TSelf b);
    static abstract TSelf operator -(TSelf a, TSelf b);
    static abstract TSelf operator -(TSelf a);
    static abstract TSelf operator *(TSelf a, TSelf b);
    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf Abs(TSelf a);
    static abstract TSelf Floor(TSelf a);
    static abstract TSelf Clamp(TSelf a, TSelf low, TSelf high);
    static abstract (TSelf Sin, TSelf Cos) SinCos(TSelf angle);

    /// <summary>As <see cref="SinCos"/>, for angles of at most pi / 4 either way.</summary>
    static abstract (TSelf Sin, TSelf Cos) SinCosSmall(TSelf angle);

    /// <summary>An angle brought into [-pi, pi).</summary>
    static abstract TSelf WrapAngle(TSelf angle);

    /// <summary>a b + c, rounded once; slow where the hardware has no such instruction.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    // Masks: all bits of a lane are set, or none.
    static abstract TSelf Equal(TSelf a, TSelf b);
    static abstract TSelf Greater(TSelf a, TSelf b);
    static abstract TSelf GreaterOrEqual(TSelf a, TSelf b);
    static abstract TSelf operator &(TSelf a, TSelf b);
    static abstract TSelf operator |(TSelf a, TSelf b);
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenNot);

    /// <summary>One bit a lane, the first lowest.</summary>
    static abstract uint Bits(TSelf mask);

    /// <summary>Adds one to a counter a lane and tells, one bit a lane, which have come to the limit.</summary>
    static abstract uint Advance(int* counters, int limit);
}
