namespace Bellman;

/// <summary>Wrappers that calculate with components need a <see cref="Box"/>; this says so when they get something else.</summary>
internal static class RequiredBox
{
    public static Box Observations(IEnvironment environment, string wrapper) => Of(environment.ObservationSpace, "observations", wrapper);

    public static Box Actions(IEnvironment environment, string wrapper) => Of(environment.ActionSpace, "actions", wrapper);

    private static Box Of(Space space, string what, string wrapper) =>
        space as Box ?? throw new ArgumentException($"{wrapper} needs {what} that are a Box; these are {space}.");
}
