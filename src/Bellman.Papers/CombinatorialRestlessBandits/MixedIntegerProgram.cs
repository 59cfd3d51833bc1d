using Bellman.Environments.RestlessBandits;
using Google.OrTools.LinearSolver;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>How a mixed-integer program ended.</summary>
public enum ProgramStatus
{
    /// <summary>Solved: nothing is better by more than the gap.</summary>
    Optimal,

    /// <summary>The time ran out; the best solution found so far is at hand.</summary>
    TimeOut,

    /// <summary>The time ran out before any solution was found, or the solver's numbers failed it.</summary>
    NoSolution,

    /// <summary>There is no solution.</summary>
    Infeasible,
}

/// <summary>What a solver said.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Objective">Value of the solution; NaN without one.</param>
/// <param name="Bound">No solution is better than this.</param>
/// <param name="Nodes">Nodes of the search tree.</param>
public sealed record ProgramResult(ProgramStatus Status, double Objective, double Bound, long Nodes)
{
    /// <summary>Whether there is a solution.</summary>
    public bool HasSolution => Status is ProgramStatus.Optimal or ProgramStatus.TimeOut;

    /// <summary>|objective - bound| / max(1, |objective|); NaN without a solution.</summary>
    public double Gap => Math.Abs(Objective - Bound) / Math.Max(1, Math.Abs(Objective));
}

/// <summary>How programs are solved.</summary>
public sealed record ProgramOptions
{
    /// <summary>Solver: SCIP or HIGHS, both of which come with OR-Tools.</summary>
    public string Solver { get; init; } = "SCIP";

    /// <summary>Relative gap at which a solution is good enough, at least 0.</summary>
    public double Gap { get; init; }

    /// <summary>Seconds after which the search ends, above 0.</summary>
    public double TimeLimit { get; init; } = 5;

    /// <summary>Throws when an option is out of range.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public void Validate()
    {
        if (Solver is not ("SCIP" or "HIGHS")) { throw new UsageException($"'{Solver}' is no solver of this build; valid are SCIP and HIGHS. (CP-SAT takes whole numbers only.)"); }
        if (!(Gap >= 0 && double.IsFinite(Gap))) { throw new UsageException($"The gap is {Gap}; it must be finite and at least 0."); }
        if (!(TimeLimit > 0)) { throw new UsageException($"The time limit is {TimeLimit} s; it must be above 0."); }
    }
}

/// <summary>
/// A mixed-integer program over the binaries of a <see cref="LinearModel"/> and variables added to it. The model object is kept between
/// solves, of which each begins anew: results do not depend on what was solved before.
/// </summary>
public sealed class MixedIntegerProgram : IDisposable
{
    // Programs this small are solved before cuts and searches pay: 13 ms instead of 53 a solve of a 8-8 network with 8 arms.
    private const string SmallProgramSettings =
        "separating/maxrounds = 0\nseparating/maxroundsroot = 0\npresolving/maxrounds = 0\nheuristics/rins/freq = -1\n" +
        "heuristics/alns/freq = -1\nheuristics/feaspump/freq = -1\nheuristics/crossover/freq = -1\nheuristics/adaptivediving/freq = -1\n";

    private readonly Solver solver;
    private readonly ProgramOptions options;
    private readonly List<Variable> switches = [];

    /// <summary>A program whose first variables are the model's binaries.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    /// <exception cref="BellmanException">The solver is not there.</exception>
    public MixedIntegerProgram(LinearModel model, ProgramOptions options)
    {
        options.Validate();
        this.options = options;
        solver = Solver.CreateSolver(options.Solver) ?? throw new BellmanException($"OR-Tools has no solver {options.Solver} on this machine; its native library is missing or was built without it.");
        solver.SetSolverSpecificParametersAsString(Settings);
        for (var i = 0; i < model.Variables; i++) { switches.Add(solver.MakeBoolVar("")); }
        foreach (var row in model.Constraints)
        {
            var constraint = AddConstraint(row.Lower, row.Upper);
            foreach (var (variable, coefficient) in row.Terms) { constraint.SetCoefficient(switches[variable], constraint.GetCoefficient(switches[variable]) + coefficient); }
        }
    }

    private string Settings => options.Solver == "SCIP" ? SmallProgramSettings : "output_flag = false";

    /// <summary>The model's binaries; the action's switches come first.</summary>
    public IReadOnlyList<Variable> Binaries => switches;

    /// <summary>Rows.</summary>
    public int Rows => solver.NumConstraints();

    /// <summary>Variables.</summary>
    public int Columns => solver.NumVariables();

    /// <summary>The objective.</summary>
    public Objective Objective => solver.Objective();

    /// <summary>Adds a continuous variable.</summary>
    public Variable AddContinuous(double lower = 0, double upper = double.PositiveInfinity) => solver.MakeNumVar(lower, upper, "");

    /// <summary>Adds a binary variable.</summary>
    public Variable AddBinary() => solver.MakeBoolVar("");

    /// <summary>Adds a row without terms.</summary>
    public Constraint AddConstraint(double lower, double upper) => solver.MakeConstraint(lower, upper);

    /// <summary>
    /// Forgets the last solve, to be called before the program is changed: changes are otherwise sent to the solver one by one, and an error that it
    /// ran into stays with every solve that follows.
    /// </summary>
    public void Begin() => solver.Reset();

    /// <summary>Solves; the solution is in the variables afterwards.</summary>
    /// <param name="gap">The gap of this solve; null for the options'.</param>
    public ProgramResult Solve(double? gap = null)
    {
        using var parameters = new MPSolverParameters();
        parameters.SetDoubleParam(MPSolverParameters.DoubleParam.RELATIVE_MIP_GAP, gap ?? options.Gap);
        parameters.SetIntegerParam(MPSolverParameters.IntegerParam.INCREMENTALITY, (int)MPSolverParameters.IncrementalityValues.INCREMENTALITY_OFF);
        solver.SetTimeLimit((long)Math.Ceiling(1000 * options.TimeLimit));
        var ended = solver.Solve(parameters);
        if (ended == Solver.ResultStatus.ABNORMAL)
        {
            // Rarely the bare search meets a linear program that it cannot solve, and says so of every later one until it is forgotten.
            Begin();
            solver.SetSolverSpecificParametersAsString("");
            ended = solver.Solve(parameters);
            solver.SetSolverSpecificParametersAsString(Settings);
        }
        var status = ended switch
        {
            Solver.ResultStatus.OPTIMAL => ProgramStatus.Optimal,
            Solver.ResultStatus.FEASIBLE => ProgramStatus.TimeOut,
            Solver.ResultStatus.INFEASIBLE => ProgramStatus.Infeasible,
            Solver.ResultStatus.NOT_SOLVED or Solver.ResultStatus.ABNORMAL => ProgramStatus.NoSolution,
            var other => throw new BellmanException($"{options.Solver} ended with {other}: the program is unbounded or its numbers are not finite."),
        };
        var solved = status is ProgramStatus.Optimal or ProgramStatus.TimeOut;
        return new ProgramResult(status, solved ? Objective.Value() : double.NaN, solved ? Objective.BestBound() : double.NaN, solved ? solver.Nodes() : 0);
    }

    /// <summary>Writes the action of the last solution; what the solver left off a whole number is rounded at 0.5.</summary>
    public void WriteAction(Span<float> action)
    {
        for (var i = 0; i < action.Length; i++) { action[i] = switches[i].SolutionValue() > 0.5 ? 1 : 0; }
    }

    /// <inheritdoc/>
    public void Dispose() => solver.Dispose();
}
