namespace Bellman;

/// <summary>How the registry makes an environment.</summary>
/// <param name="Id">Gymnasium-style id, e.g. <c>CartPole-v1</c>.</param>
/// <param name="Summary">One sentence for listings.</param>
/// <param name="Create">Makes one copy, without its time limit, from the options given after the id.</param>
public sealed record EnvironmentRegistration(string Id, string Summary, Func<EnvironmentArguments, IEnvironment> Create)
{
    /// <summary>Steps after which an episode is truncated; null for no limit.</summary>
    public int? TimeLimit { get; init; }

    /// <summary>Mean return from which the task counts as solved, where the field has agreed on one.</summary>
    public double? SolvedReturn { get; init; }

    /// <summary>The options record that <see cref="Create"/> reads, for listings; null if there are none.</summary>
    public Type? Options { get; init; }

    /// <summary>
    /// Makes the batched form of this environment where its family has one of its own; null means that copies of the
    /// single form are stepped. A batched form keeps the time limit and refuses what the guard refuses.
    /// </summary>
    public Func<BatchRequest, VectorEnvironment>? CreateBatch { get; init; }
}

/// <summary>What a batched form is made from.</summary>
/// <param name="Registration">Its id and time limit.</param>
/// <param name="Arguments">The options given after the id.</param>
/// <param name="Copies">How many, at least 1.</param>
/// <param name="Threads">Threads that may step them; results do not depend on it.</param>
public sealed record BatchRequest(EnvironmentRegistration Registration, EnvironmentArguments Arguments, int Copies, int Threads);

/// <summary>The options given after an id, as in <c>FrozenLake-v1?map=8x8&amp;slippery=false</c>.</summary>
public sealed class EnvironmentArguments
{
    private readonly string id;
    private readonly IReadOnlyList<KeyValuePair<string, string>> values;

    internal EnvironmentArguments(string id, IReadOnlyList<KeyValuePair<string, string>> values, string? pixels)
    {
        this.id = id;
        this.values = values;
        Pixels = pixels;
    }

    /// <summary>The value of <see cref="EnvironmentRegistry.PixelsOption"/>, which is the registry's own; null when it is not given.</summary>
    internal string? Pixels { get; }

    /// <summary>The options as a validated record: defaults where nothing was given.</summary>
    /// <exception cref="UsageException">An option is unknown or its value malformed or out of range.</exception>
    public T Bind<T>() where T : class, new() => OptionSet.Of<T>($"environment {id}").Create<T>(values);

    internal void RequireNone()
    {
        if (values.Count > 0) { throw new UsageException($"Environment {id} takes no options; '{values[0].Key}' was given. Write the id alone: {id}."); }
    }
}

/// <summary>The environments that can be made by name.</summary>
public sealed class EnvironmentRegistry
{
    /// <summary>The option of every environment that draws itself: see <see cref="ShowPixels.Stacked"/>.</summary>
    public const string PixelsOption = "pixels";

    private readonly SortedDictionary<string, EnvironmentRegistration> registrations = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every registration, by id.</summary>
    public IReadOnlyCollection<EnvironmentRegistration> All => registrations.Values;

    /// <summary>Adds an environment.</summary>
    /// <exception cref="ArgumentException">The id is taken or malformed.</exception>
    public void Register(EnvironmentRegistration registration)
    {
        if (registration.Id.Length == 0 || registration.Id.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')))
        {
            throw new ArgumentException($"'{registration.Id}' cannot be an environment's id: use letters, digits, '-', '_', '.' and '/', as in MyTask-v0.", nameof(registration));
        }
        if (!registrations.TryAdd(registration.Id, registration))
        {
            throw new ArgumentException($"An environment with id {registration.Id} is registered already.", nameof(registration));
        }
    }

    /// <summary>Adds a user's environment in one line.</summary>
    public void Register(string id, Func<IEnvironment> create, int? timeLimit = null) =>
        Register(new EnvironmentRegistration(id, "", _ => create()) { TimeLimit = timeLimit });

    /// <summary>The registration behind an id, which may carry options.</summary>
    /// <exception cref="UsageException">There is none; the message lists the nearest ids.</exception>
    public EnvironmentRegistration Find(string id) => Parse(id).Registration;

    /// <summary>
    /// Makes one copy of <paramref name="id"/>, e.g. <c>CartPole-v1</c>, <c>FrozenLake-v1?map=8x8</c> or, seen from its pictures,
    /// <c>Pendulum-v1?pixels=64</c>, with its time limit, and a guard that refuses actions outside the space, stepping before a reset and observations that are not finite.
    /// </summary>
    /// <exception cref="UsageException">The id or one of its options is not valid.</exception>
    public IEnvironment Make(string id)
    {
        var (registration, arguments) = Parse(id);
        return Make(registration, arguments);
    }

    /// <summary>Makes <paramref name="copies"/> copies that step together; see <see cref="VectorEnvironment"/>.</summary>
    /// <param name="id">The id, which may carry options.</param>
    /// <param name="copies">How many, at least 1.</param>
    /// <param name="threads">Threads that step them; results do not depend on it.</param>
    /// <exception cref="UsageException">The id or one of its options is not valid.</exception>
    public VectorEnvironment MakeVector(string id, int copies, int threads = 1)
    {
        var (registration, arguments) = Parse(id);
        if (registration.Options is null) { arguments.RequireNone(); }
        return registration.CreateBatch is { } createBatch && arguments.Pixels is null
            ? createBatch(new BatchRequest(registration, arguments, copies, threads))
            : new SynchronousVectorEnvironment(() => Make(registration, arguments), copies, threads);
    }

    private static IEnvironment Make(EnvironmentRegistration registration, EnvironmentArguments arguments)
    {
        if (registration.Options is null) { arguments.RequireNone(); }
        IEnvironment environment = new GuardedEnvironment(registration.Create(arguments), registration.Id);
        if (arguments.Pixels is { } pixels) { environment = ShowPixels.Stacked(environment, pixels); }
        return registration.TimeLimit is { } limit ? new TimeLimit(environment, limit) : environment;
    }

    private (EnvironmentRegistration Registration, EnvironmentArguments Arguments) Parse(string id)
    {
        var parts = id.Split('?', 2);
        if (!registrations.TryGetValue(parts[0], out var registration))
        {
            throw NearNames.Unknown("environment", parts[0], registrations.Keys, "'bellman envs' lists all of them.");
        }
        var values = new List<KeyValuePair<string, string>>();
        foreach (var pair in parts.Length > 1 ? parts[1].Split('&', StringSplitOptions.RemoveEmptyEntries) : [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) { throw new UsageException($"'{pair}' in '{id}' is not an option. Write {parts[0]}?name=value&other=value."); }
            values.Add(new(pair[..equals], pair[(equals + 1)..]));
        }
        var pixels = values.FindAll(value => value.Key == PixelsOption);
        if (pixels.Count > 1) { throw new UsageException($"Option {PixelsOption} of environment {registration.Id} is given twice."); }
        values.RemoveAll(value => value.Key == PixelsOption);
        return (registration, new EnvironmentArguments(registration.Id, values, pixels.Count > 0 ? pixels[0].Value : null));
    }
}
