namespace Bellman.Algorithms;

/// <summary>
/// The multiplier of a constraint "quantity at least c", moved by dual ascent: λ &lt;- clip(λ + η (c - estimate), 0, λ_max). While the constraint
/// is violated its weight grows, once it is met it is released. For "at most", give both with the sign turned.
/// </summary>
public sealed class ConstraintMultiplier : IStateful
{
    /// <summary>Updates in a row at the bound after which the constraint is most likely infeasible.</summary>
    public const int Patience = 100;

    private readonly double target;
    private readonly double stepSize;
    private readonly double bound;
    private double value;
    private int atBound;

    /// <summary>A multiplier that starts at <paramref name="initial"/>.</summary>
    /// <param name="target">c: what the quantity must reach.</param>
    /// <param name="initial">λ at the start, from 0 to the bound.</param>
    /// <param name="stepSize">η, at least 0; 0 keeps the weight fixed.</param>
    /// <param name="bound">λ_max, above 0.</param>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public ConstraintMultiplier(double target, double initial, double stepSize, double bound)
    {
        if (!double.IsFinite(target)) { throw new UsageException($"The constraint's target is {target}; it must be a finite number."); }
        if (!(bound > 0) || !double.IsFinite(bound)) { throw new UsageException($"The multiplier's bound is {bound}; it must be above 0."); }
        if (!(initial >= 0 && initial <= bound)) { throw new UsageException($"The multiplier starts at {initial}; it must lie from 0 to its bound {bound}."); }
        if (!(stepSize >= 0) || !double.IsFinite(stepSize)) { throw new UsageException($"The multiplier's step size is {stepSize}; it must be at least 0."); }
        (this.target, value, this.stepSize, this.bound) = (target, initial, stepSize, bound);
    }

    /// <summary>λ.</summary>
    public double Value => value;

    /// <summary>Whether it has been at its bound for <see cref="Patience"/> updates: the constraint asks for more than there is, and drowns the rest.</summary>
    public bool IsStuck => atBound >= Patience;

    /// <summary>One step of dual ascent; an estimate that is not finite changes nothing.</summary>
    public void Update(double estimate)
    {
        if (!double.IsFinite(estimate)) { return; }
        value = Math.Clamp(value + stepSize * (target - estimate), 0, bound);
        atBound = stepSize > 0 && value >= bound ? atBound + 1 : 0;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(value), ref value);
        state.Value(nameof(atBound), ref atBound);
    }
}
