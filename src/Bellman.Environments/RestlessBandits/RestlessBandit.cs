using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments.RestlessBandits;

/// <summary>Options of <c>RestlessBandit-v0</c>.</summary>
public sealed record RestlessBanditOptions
{
    /// <summary>How arms are coupled.</summary>
    [Description("capacity, schedule, path or interventions")]
    public RestlessBanditFamily Family { get; init; }

    /// <summary>J.</summary>
    [Description("arms")]
    [Range(1, 1000)]
    public int Arms { get; init; } = 8;

    /// <summary>B.</summary>
    [Description("workers, most arms pulled, or interventions made")]
    [Range(1, 1000)]
    public int Budget { get; init; } = 3;

    /// <summary>N.</summary>
    [Description("interventions to choose from (family=interventions)")]
    [Range(1, 1000)]
    public int Interventions { get; init; } = 6;

    /// <summary>Steps.</summary>
    [Description("steps of an episode")]
    [Range(1, 1_000_000)]
    public int Horizon { get; init; } = 15;

    /// <summary>Which draw.</summary>
    [Description("number of the instance")]
    [Range(0, 1_000_000)]
    public int Instance { get; init; }
}

/// <summary>
/// A coupled restless bandit as an environment: observed are the arms' states (0 to 3), the action is a joint one of the combinatorial
/// space, the reward its expectation R(s, a). Episodes begin with each arm in state 1 with probability 0.2 and are truncated by the horizon.
/// </summary>
/// <param name="instance">The arms.</param>
/// <param name="horizon">Steps of an episode.</param>
public sealed class RestlessBandit(RestlessBanditInstance instance, int horizon) : IEnvironment, IRenderable
{
    private readonly int[] states = new int[instance.Arms];
    private int time;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box(0, RestlessBanditInstance.Top, instance.Arms);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new CombinatorialSpace(instance.Actions);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        RestlessBanditInstance.Start(states, 0.2, random);
        time = 0;
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var reward = instance.ExpectedReward(states, action);
        instance.Step(states, action, random);
        Write(observation);
        return new StepResult(reward, Truncated: ++time >= horizon);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<int>(nameof(states), states);
        state.Value(nameof(time), ref time);
        foreach (var arm in states) { RestoredState.RequireIndex(state, nameof(states), arm, RestlessBanditInstance.States); }
        RestoredState.RequireIndex(state, nameof(time), time, horizon + 1);
    }

    /// <inheritdoc/>
    public string RenderText() => $"step {time} of {horizon}\nstates {string.Join(' ', states)}\n";

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        var picture = new TilePicture(RestlessBanditInstance.States, states.Length,
            cell => RestlessBanditInstance.Top - cell / states.Length <= states[cell % states.Length] ? Palette.Blue : Palette.Sky);
        for (var j = 0; j < states.Length; j++)
        {
            if (states[j] == RestlessBanditInstance.Top) { picture.Flag(j); }
        }
        return picture.Canvas.Image;
    }

    internal static void Register(EnvironmentRegistry registry) =>
        registry.Register(new EnvironmentRegistration("RestlessBandit-v0", "Arms that rise while they are pulled and fall otherwise, with constraints on which can be pulled together.",
            arguments =>
            {
                var options = arguments.Bind<RestlessBanditOptions>();
                return new RestlessBandit(RestlessBanditFamilies.Draw(options.Family, options.Arms, options.Budget, RandomStream.Create((ulong)options.Instance, "restless bandit"), options.Interventions), options.Horizon);
            })
        {
            Options = typeof(RestlessBanditOptions),
        });

    private void Write(Span<float> observation)
    {
        for (var j = 0; j < states.Length; j++) { observation[j] = states[j]; }
    }
}
