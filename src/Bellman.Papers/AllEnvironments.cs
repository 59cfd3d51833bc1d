using Bellman.Environments;
using Bellman.Mujoco;

namespace Bellman.Papers;

/// <summary>The environments that the command line and full-size reproductions know: the standard ones and those on MuJoCo.</summary>
public static class AllEnvironments
{
    /// <summary>A new registry of all of them; listing needs no native library.</summary>
    public static EnvironmentRegistry Registry()
    {
        var registry = StandardEnvironments.Registry();
        MujocoEnvironments.Register(registry);
        return registry;
    }
}
