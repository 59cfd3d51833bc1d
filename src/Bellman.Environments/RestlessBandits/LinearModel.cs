namespace Bellman.Environments.RestlessBandits;

/// <summary>A row of a linear model: lower &lt;= sum of coefficient x variable &lt;= upper.</summary>
/// <param name="Terms">Variables by number, with their coefficients.</param>
/// <param name="Lower">Lower bound; minus infinity for none.</param>
/// <param name="Upper">Upper bound; infinity for none.</param>
public sealed record LinearConstraint(IReadOnlyList<(int Variable, double Coefficient)> Terms, double Lower, double Upper);

/// <summary>
/// Linear constraints over binary variables, for any solver: the first <see cref="Actions"/> variables are the action's switches, the
/// others are auxiliary. Only linear rows can be written down, so a solver never meets another kind.
/// </summary>
/// <param name="actions">Switches of the action.</param>
public sealed class LinearModel(int actions)
{
    private readonly List<LinearConstraint> constraints = [];

    /// <summary>Switches of the action: variables 0 to Actions - 1.</summary>
    public int Actions { get; } = actions;

    /// <summary>All binary variables.</summary>
    public int Variables { get; private set; } = actions;

    /// <summary>The rows.</summary>
    public IReadOnlyList<LinearConstraint> Constraints => constraints;

    /// <summary>Adds an auxiliary binary variable and returns its number.</summary>
    public int AddAuxiliary() => Variables++;

    /// <summary>Adds a row.</summary>
    public void Add(IEnumerable<(int Variable, double Coefficient)> terms, double lower = double.NegativeInfinity, double upper = double.PositiveInfinity) =>
        constraints.Add(new LinearConstraint([.. terms], lower, upper));
}

/// <summary>A set C of joint actions in {0,1}^N that is described by linear constraints.</summary>
public interface ICombinatorialActionSpace
{
    /// <summary>Switches of an action, N.</summary>
    int Size { get; }

    /// <summary>C as linear constraints over the switches and auxiliary binaries.</summary>
    LinearModel Constraints();

    /// <summary>Whether an action lies in C.</summary>
    bool IsFeasible(ReadOnlySpan<float> action);

    /// <summary>Writes a random member of C that does about as much as it can.</summary>
    void SampleFeasible(RandomStream random, Span<float> action);

    /// <summary>Every member of C once; feasible sets with more than <paramref name="limit"/> members are refused.</summary>
    /// <exception cref="UsageException">There are more.</exception>
    IReadOnlyList<float[]> Enumerate(int limit = 5000);
}

/// <summary>A combinatorial action space as a space that agents and guards know: samples are feasible, and what is not feasible is refused.</summary>
/// <param name="Actions">The set C.</param>
public sealed record CombinatorialSpace(ICombinatorialActionSpace Actions) : Space
{
    /// <inheritdoc/>
    public override int Size => Actions.Size;

    /// <inheritdoc/>
    public override int FlatSize => Actions.Size;

    /// <inheritdoc/>
    public override bool IsFlat => true;

    /// <inheritdoc/>
    public override string? Explain(ReadOnlySpan<float> element)
    {
        if (element.Length != Size) { return $"it has {element.Length} switches, not {Size}"; }
        for (var i = 0; i < element.Length; i++)
        {
            if (element[i] is not (0 or 1)) { return $"switch {i} is {element[i]}, not 0 or 1"; }
        }
        return Actions.IsFeasible(element) ? null : "it breaks the constraints that couple the arms; take an action from SampleFeasible, Enumerate or an oracle";
    }

    /// <inheritdoc/>
    public override void Sample(RandomStream random, Span<float> element) => Actions.SampleFeasible(random, element);

    /// <inheritdoc/>
    public override void Flatten(ReadOnlySpan<float> element, Span<float> flat) => element.CopyTo(flat);

    /// <inheritdoc/>
    public override void Unflatten(ReadOnlySpan<float> flat, Span<float> element) => flat.CopyTo(element);
}

/// <summary>Listing a feasible set by trying subsets in which every subset of a member is a member.</summary>
internal static class FeasibleSets
{
    /// <summary>All members of a set that is closed under leaving switches out, by adding switches in order.</summary>
    public static IReadOnlyList<float[]> OfDownClosed(ICombinatorialActionSpace space, int limit)
    {
        var members = new List<float[]>();
        Extend(new float[space.Size], 0);
        return members;

        void Extend(float[] action, int from)
        {
            Keep(members, action, limit);
            for (var j = from; j < space.Size; j++)
            {
                action[j] = 1;
                if (space.IsFeasible(action)) { Extend(action, j + 1); }
                action[j] = 0;
            }
        }
    }

    public static void Keep(List<float[]> members, float[] action, int limit)
    {
        if (members.Count >= limit) { throw new UsageException($"More than {limit:N0} actions are feasible; listing them serves small instances. Use the mixed-integer oracle."); }
        members.Add([.. action]);
    }
}
