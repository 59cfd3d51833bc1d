namespace Bellman.Language;

/// <summary>
/// Options as a user gives them, name=value: <c>loss.clipHigh</c> goes to the surrogate, <c>adv.epsilon</c> to the credit
/// assigner, names without a dot to the trainer. What nothing took is refused.
/// </summary>
internal sealed class Settings(IReadOnlyDictionary<string, string> values)
{
    private readonly HashSet<string> used = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those under a prefix, without it.</summary>
    public Dictionary<string, string> Of(string prefix)
    {
        var own = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in values.Where(pair => pair.Key.StartsWith(prefix + ".", StringComparison.OrdinalIgnoreCase)))
        {
            used.Add(name);
            own[name[(prefix.Length + 1)..]] = value;
        }
        return own;
    }

    /// <summary>A copy of <paramref name="options"/> with those without a prefix that it knows.</summary>
    public object Over(OptionSet set, object options)
    {
        var own = values.Where(pair => !pair.Key.Contains('.', StringComparison.Ordinal)).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        used.UnionWith(own.Keys);
        return Over(set, options, own);
    }

    /// <summary>A copy of <paramref name="options"/> with some values replaced.</summary>
    /// <exception cref="UsageException">A name is unknown or a value out of range.</exception>
    public static object Over(OptionSet set, object options, IReadOnlyDictionary<string, string> replaced)
    {
        var merged = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in set.ToJson(options)) { merged[name] = value?.ToString() ?? "none"; }
        foreach (var (name, value) in replaced) { merged[set.Find(name).Name] = value; }
        return set.Create(merged);
    }

    /// <exception cref="UsageException">A value went nowhere.</exception>
    public void RequireAllUsed(OptionSet trainer, IReadOnlyList<MethodAddition> additions)
    {
        if (values.Keys.FirstOrDefault(name => !used.Contains(name)) is not { } extra) { return; }
        throw new UsageException($"Nothing takes the option '{extra}'. Options without a dot are the trainer's ({string.Join(", ", trainer.Options.Select(option => option.Name))}); loss.*, adv.*, kl.*, value.*, entropy.* and trpo.* are those of the method's parts{string.Concat(additions.Select(addition => $", {addition.Key}.* those of {addition.Key}"))}.");
    }
}
