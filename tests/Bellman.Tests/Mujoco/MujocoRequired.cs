using Bellman.Mujoco;
using Xunit;

namespace Bellman.Tests.Mujoco;

/// <summary>Tests that step MuJoCo are skipped, with the reason, where it is not installed.</summary>
internal static class MujocoRequired
{
    public static void OrSkip() => Assert.SkipWhen(MujocoLibrary.Unavailable is not null, MujocoLibrary.Unavailable ?? "");

    /// <summary>Skips only if the environment is one on MuJoCo.</summary>
    public static void OrSkip(string id)
    {
        if (MujocoEnvironments.Ids.Contains(id.Split('?')[0])) { OrSkip(); }
    }

    /// <summary>A registry of the environments on MuJoCo.</summary>
    public static EnvironmentRegistry Registry()
    {
        OrSkip();
        var registry = new EnvironmentRegistry();
        MujocoEnvironments.Register(registry);
        return registry;
    }
}
